"""A flood of file operations, of which the watcher must miss none.

A program does at random what programs do, as fast as it can, in one node's share. Meanwhile events
are lost (the node is stopped, or its queue is short) or directories can't be watched. Then another
node joins it, and when that has all, rsync compares the two: it must not find a single difference.
"""

import collections
import mmap
import os
import random
import shutil
import signal
import subprocess
import time

from node import Skip, converge, within
from storm import EXCHANGE, rename
from suite import test

NAMES = "abcdefgh"
# After so many operations the shares are compared.
PART = 40_000
QUEUE = "/proc/sys/fs/inotify/max_queued_events"


class Program:
  """Works at random in a directory; counts the calls that changed something."""

  def __init__(self, root, aside, seed):
    self.random = random.Random(seed)
    self.root, self.aside = root, aside
    self.counts = collections.Counter()
    self.number = 0
    self.open_files = []
    self.outside = []
    self.actions = [
      (self.write, 14), (self.append, 8), (self.rewrite_alike, 5), (self.truncate, 3),
      (self.replace, 8), (self.write_slowly, 6), (self.write_by_mapping, 3),
      (self.set_mode, 4), (self.set_times, 4), (self.make_link, 3), (self.turn_link, 2),
      (self.remove, 9), (self.remove_tree, 1), (self.make_directory, 6), (self.make_chain, 4),
      (self.move, 10), (self.exchange, 4), (self.rotate, 2), (self.move_out, 2), (self.move_in, 2),
      (self.come_and_go, 4),
    ]
    self.weights = [weight for _, weight in self.actions]
    self.actions = [action for action, _ in self.actions]

  @property
  def operations(self):
    return sum(self.counts.values())

  def did(self, what, count=1):
    self.counts[what] += count

  def place(self):
    depth = self.random.choice((1, 2, 2, 3, 3, 3, 4))
    return os.path.join(self.root, *self.random.choices(NAMES, k=depth))

  def content(self):
    self.number += 1
    size = self.random.choice((0, 1, 10, 100, 1000, 5000))
    return b"%d " % self.number + b"x" * size

  def run(self, steps):
    for action in self.random.choices(self.actions, self.weights, k=steps):
      try:
        action()
      except (FileNotFoundError, NotADirectoryError, IsADirectoryError, FileExistsError):
        pass
      except OSError as error:
        # Not empty; a link in the way, or to itself; a directory into itself.
        if error.errno not in (39, 40, 22):
          raise

  def finish(self):
    """Closes what is open."""
    for file in self.open_files:
      os.close(file)
    self.open_files = []

  def burst(self, count):
    """Files that come and go in a directory that is always watched: four events each."""
    for number in range(count):
      path = os.path.join(self.root, f"burst{number}")
      self.put(path, b"x")
      os.unlink(path)
      self.did("unlink")

  # --- Files

  def put(self, path, content, flags=os.O_TRUNC):
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | flags, 0o644)
    self.did("open to write")
    os.write(file, content)
    self.did("write")
    os.close(file)

  def write(self):
    self.put(self.place(), self.content())

  def append(self):
    self.put(self.place(), self.content(), os.O_APPEND)

  def rewrite_alike(self):
    """Two contents of one size within one tick of the clock."""
    path = self.place()
    self.number += 2
    self.put(path, b"%020d" % self.number)
    if self.random.random() < 0.3:
      time.sleep(self.random.random() * 0.006)
    self.put(path, b"%020d" % (self.number - 1))

  def truncate(self):
    path = self.place()
    if not os.path.islink(path):
      os.truncate(path, self.random.choice((0, 1, 5, 50)))
      self.did("truncate")

  def replace(self):
    path = self.place()
    part = f"{path}.{self.random.choice('xyz')}"
    self.put(part, self.content())
    if self.random.random() < 0.3:
      os.utime(part, ns=(0, 10**18 + self.number))
      self.did("set times")
    os.rename(part, path)
    self.did("rename")

  def write_slowly(self):
    if len(self.open_files) > 6 or (self.open_files and self.random.random() < 0.7):
      at = self.random.randrange(len(self.open_files))
      os.write(self.open_files[at], self.content())
      self.did("write")
      if self.random.random() < 0.3:
        os.close(self.open_files.pop(at))
      return
    path = self.place()
    self.open_files.append(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644))
    self.did("open to write")

  def write_by_mapping(self):
    file = os.open(self.place(), os.O_RDWR | os.O_NOFOLLOW)
    try:
      size = os.fstat(file).st_size
      if size:
        with mmap.mmap(file, size) as mapping:
          mapping[self.random.randrange(size)] = self.random.randrange(256)
        self.did("write by mapping")
    finally:
      os.close(file)

  def come_and_go(self):
    path = self.place() + ".lock"
    self.put(path, b"")
    os.unlink(path)
    self.did("unlink")

  # --- What belongs to a file

  def set_mode(self):
    path = self.place()
    if not os.path.islink(path):
      os.chmod(path, self.random.choice((0o600, 0o644, 0o755, 0o700)))
      self.did("chmod")

  def set_times(self):
    time = self.random.choice((0, 10**18, 1_700_000_000_123_456_789)) + self.number
    os.utime(self.place(), ns=(time, time), follow_symlinks=False)
    self.did("set times")

  def make_link(self):
    os.symlink(self.content()[:50], self.place())
    self.did("symlink")

  def turn_link(self):
    path = self.place()
    os.symlink(self.content()[:50], path + ".l")
    self.did("symlink")
    os.rename(path + ".l", path)
    self.did("rename")

  # --- Names

  def remove(self):
    os.unlink(self.place())
    self.did("unlink")

  def remove_tree(self):
    path = self.place()
    if not os.path.isdir(path) or os.path.islink(path):
      return
    for directory, names, files in os.walk(path, topdown=False):
      for name in files:
        os.unlink(os.path.join(directory, name))
      for name in names:
        child = os.path.join(directory, name)
        os.unlink(child) if os.path.islink(child) else os.rmdir(child)
      self.did("unlink", len(files) + len(names))
    os.rmdir(path)
    self.did("rmdir")

  def make_directory(self):
    os.mkdir(self.place())
    self.did("mkdir")

  def make_chain(self):
    path = self.root
    for name in self.random.choices(NAMES, k=4):
      path = os.path.join(path, name)
      try:
        os.mkdir(path)
        self.did("mkdir")
      except FileExistsError:
        pass
    self.put(os.path.join(path, "x"), self.content())

  def move(self):
    os.rename(self.place(), self.place())
    self.did("rename")

  def exchange(self):
    if rename(self.place(), self.place(), EXCHANGE):
      self.did("exchange")

  def rotate(self):
    path = self.place()
    for old, new in ((".1", ".2"), ("", ".1")):
      os.rename(path + old, path + new)
      self.did("rename")
    self.put(path, self.content())

  def move_out(self):
    self.number += 1
    path = os.path.join(self.aside, str(self.number))
    os.rename(self.place(), path)
    self.did("rename")
    self.outside.append(path)

  def move_in(self):
    if self.outside:
      os.rename(self.outside.pop(self.random.randrange(len(self.outside))), self.place())
      self.did("rename")


def differences(a, b):
  """What rsync would do to make the second share as the first."""
  done = subprocess.run(
    ["rsync", "-anciAX", "--omit-dir-times", "--checksum", "--delete", "--exclude=/.leftd",
     a.share + "/", b.share + "/"], capture_output=True, text=True, errors="replace", timeout=300)
  assert done.returncode == 0, done.stderr
  return done.stdout.splitlines()


def compare(a, b, seconds):
  """The other node comes and gets everything from the first; they are alike."""
  b.start()
  within(70, lambda: a.is_connected() and b.is_connected(), "they are connected")
  assert a.wait(seconds), "not everything was acknowledged in time"
  found = differences(a, b)
  assert not found, f"{len(found)} differences: {found[:20]}"
  b.stop()


def flood(a, b, operations, seed, interrupt=None):
  """Runs operations in the share, as fast as it goes; compares after each part of them."""
  program = Program(a.share, a.world.directory("aside", a.name), seed)
  began, compared, parts = time.monotonic(), 0.0, 0
  while program.operations < operations:
    target = min(operations, program.operations + PART)
    if interrupt:
      interrupt(program)
    while program.operations < target:
      program.run(200)
    program.finish()
    ended = time.monotonic()
    compare(a, b, 200)
    compared += time.monotonic() - ended
    parts += 1
  counts = ", ".join(f"{count} {what}" for what, count in program.counts.most_common())
  print(f"  {program.operations} operations in {time.monotonic() - began - compared:.0f} s, "
        f"compared {parts} times in {compared:.0f} s; overflows {overflows(a)}, "
        f"0 missed ({counts})", flush=True)


def overflows(node):
  return node.log().count("the kernel dropped events")


def seed():
  value = int(os.environ.get("STORM_SEED", random.randrange(10**6)))
  print(f"  STORM_SEED={value}", flush=True)
  return value


def need(program):
  if not shutil.which(program):
    raise Skip(f"there is no {program}")


def start(world, prefix=()):
  """Two nodes, the first of which is started, by something else."""
  a, b = world.node("A"), world.node("B")
  # The other dials when it comes.
  a.peers = [b.id]
  b.peers = [f"{a.id}@127.0.0.1:{a.port}"]
  a.prefix = prefix
  a.start()
  return a, b


def stopping(node, files):
  """Stops a node while much is done, and so many files come and go."""
  def interrupt(program):
    node.process.send_signal(signal.SIGSTOP)
    program.run(2000)
    program.burst(files)
    program.run(2000)
    node.process.send_signal(signal.SIGCONT)
  return interrupt


# How many operations the long forms take; without it they are left out.
LONG = int(os.environ.get("FLOOD_OPERATIONS", 0))


@test("a flood of file operations: nothing is missed")
def plain_flood(world):
  need("rsync")
  flood(*start(world), LONG or 8_000, seed())


@test("a flood of which the kernel loses events: nothing is missed")
def stopped_flood(world):
  need("rsync")
  a, b = start(world)
  program = Program(a.share, world.directory("aside", "A"), seed())
  program.run(1000)
  stopping(a, 6000)(program)
  program.run(1000)
  program.finish()
  compare(a, b, 60)
  print(f"  {program.operations} operations, overflows {overflows(a)}, 0 missed", flush=True)
  assert overflows(a) > 0, "no event was lost: this shows nothing"


def long(name):
  """A test that takes long."""
  return test(name) if LONG else lambda body: body


@long("a long flood with a daemon that is stopped again and again: nothing is missed")
def long_stopped_flood(world):
  need("rsync")
  a, b = start(world)
  flood(a, b, LONG // 5, seed(), stopping(a, 6000))
  assert overflows(a) > 1, "no event was lost: this shows nothing"


@long("a long flood with a queue of a few events: nothing is missed")
def short_queue(world):
  need("rsync")
  with open(QUEUE) as file:
    before = file.read()
  try:
    # It counts for those who ask the kernel for a queue now.
    with open(QUEUE, "w") as file:
      file.write("200")
    a, b = start(world)
  except PermissionError:
    raise Skip("may not shorten the kernel's queue") from None
  finally:
    if os.access(QUEUE, os.W_OK):
      with open(QUEUE, "w") as file:
        file.write(before)
  flood(a, b, LONG // 5, seed(), stopping(a, 200))
  assert overflows(a) > 1, "no event was lost: this shows nothing"


@long("a long flood where most directories can't be watched: nothing is missed")
def few_watches(world):
  need("rsync")
  limit = "echo 12 >/proc/sys/user/max_inotify_watches && exec \"$@\""
  prefix = ("unshare", "--user", "--map-root-user", "sh", "-c", limit, "sh")
  if subprocess.run([*prefix, "true"], capture_output=True).returncode != 0:
    raise Skip("may not make a user namespace")
  a, b = start(world, prefix)
  program = Program(a.share, world.directory("aside", "A"), seed())
  while program.operations < LONG // 10:
    program.run(200)
  program.finish()
  began = time.monotonic()
  assert "no watches are left" in a.log(), "all was watched: this shows nothing"
  b.start()
  within(200, lambda: a.wait(100) and not differences(a, b), "both are alike")
  print(f"  {program.operations} operations, all there {time.monotonic() - began:.0f} s later, "
        f"0 missed", flush=True)


@long("stress-ng's file system stressors in a share, one after the other")
def stress(world):
  need("rsync")
  need("stress-ng")
  a, b = start(world)
  folder = a.path("stress")
  os.mkdir(folder)
  # These mount, fill memory, or are about the whole machine.
  left_out = "bind-mount,ramfs,binderfs,fanotify,inotify,io,iomix,sync-file,verity"
  done = subprocess.run(
    ["stress-ng", "--class", "filesystem", "--sequential", "1", "--timeout", "2",
     "--exclude", left_out, "--temp-path", folder, "--hdd-bytes", "32m", "--fallocate-bytes",
     "32m", "--readahead-bytes", "32m", "--seek-size", "32m", "--metrics-brief"],
    capture_output=True, text=True, timeout=500)
  ran = [line for line in done.stderr.splitlines() + done.stdout.splitlines() if "metrc" in line]
  print(f"  {len(ran)} lines of stressors, exit code {done.returncode}", flush=True)
  assert len(ran) > 10, done.stderr[-1500:] + done.stdout[-1500:]
  a.write("after", b"all of it")
  compare(a, b, 200)


@long("a file that somebody writes for ever arrives at its ceiling, whole up to some line")
def endless(world):
  a, b = world.pair()
  number, end = 0, time.monotonic() + 13
  with open(a.path("log"), "wb", buffering=0) as file:
    while time.monotonic() < end:
      file.write(b"line %08d\n" % number)
      number += 1
      time.sleep(0.005)
      if time.monotonic() < end - 5:
        assert b.read("log") is None, "it was taken while somebody wrote it"
    within(5, lambda: b.read("log"), "a part of it is there")
  lines = b.read("log").split(b"\n")
  assert lines[-1] == b"" and lines[:-1] == [b"line %08d" % n for n in range(len(lines) - 1)]
  assert a.wait(30) and not differences(a, b)


@test("two connected nodes: what is rewritten faster than it is sent arrives as it is in the end")
def connected_flood(world):
  a, b = world.pair()
  program = Program(a.share, world.directory("aside"), random.randrange(10**6))
  program.run(10_000)
  program.finish()
  converge(a, b, seconds=120)
