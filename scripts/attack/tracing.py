"""Threads of a daemon under strace."""

import os
import shutil
import subprocess
import tempfile
import time

from node import Skip, within

# The calls by which a disk changes: all that the daemon, SQLite among it, uses or might.
CHANGING = (
  "renameat2", "renameat", "rename", "fsync", "fdatasync", "syncfs", "sync_file_range", "pwrite64",
  "pwritev", "writev", "write", "linkat", "symlinkat", "unlinkat", "unlink", "mkdirat", "mkdir",
  "rmdir", "ftruncate", "fallocate", "fchmod", "fchmodat", "fchown", "fchownat", "utimensat",
  "fsetxattr", "lsetxattr", "fremovexattr", "copy_file_range",
)


def need_strace():
  """Skips a test where no process can be traced."""
  if shutil.which("strace") is None:
    raise Skip("needs strace")
  done = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True)
  if done.returncode != 0:
    raise Skip("may not trace a process")


def threads(node, names=None):
  """The ids of its threads, or of those with one of these names."""
  tasks = f"/proc/{node.process.pid}/task"
  found = []
  for task in sorted(os.listdir(tasks), key=int):
    try:
      with open(f"{tasks}/{task}/comm") as file:
        if names is None or file.read().strip() in names:
          found.append(int(task))
    except FileNotFoundError:
      pass
  return found


class Tracer:
  """strace on some threads of a running daemon."""

  def __init__(self, node, tasks, *options):
    self.node = node
    self.output = tempfile.NamedTemporaryFile(dir=node.world.directory("aside"))
    arguments = ["strace", "-q", "-o", self.output.name, *options]
    for task in tasks:
      arguments += ["-p", str(task)]
    self.process = subprocess.Popen(
      arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    within(30, lambda: all(self._is_traced(task) for task in tasks), "strace has the threads")

  def _is_traced(self, task):
    try:
      with open(f"/proc/{self.node.process.pid}/task/{task}/status") as file:
        return any(line.startswith("TracerPid:") and line.split()[1] != "0" for line in file)
    except (FileNotFoundError, ProcessLookupError):
      # What is gone needs no tracer.
      return True

  def end(self):
    """Lets the threads go; what was traced, a line for each call."""
    if self.process.poll() is None:
      self.process.terminate()
    self.process.wait(20)
    with open(self.output.name, encoding="utf-8", errors="replace") as file:
      return file.read().splitlines()


def settle(seconds=0.15):
  """What a daemon does after it has acknowledged: it tidies up."""
  time.sleep(seconds)
