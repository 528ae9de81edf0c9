"""A flood of file operations, of which the watcher must miss none.

A program does at random what programs do, as fast as it can, in one node's share. Meanwhile events
are lost (the node is stopped, or its queue is short) or directories can't be watched. When the node
says that the other has all, rsync compares the two: it must not find a single difference.
"""

import collections
import mmap
import os
import random
import shutil
import signal
import subprocess
import time

from node import Skip, introduce, within
from storm import EXCHANGE, rename
from suite import test

NAMES = "abcdefgh"
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
  """When the first says that the second has all, they are alike."""
  assert a.wait(seconds), "not everything was acknowledged in time"
  found = differences(a, b)
  assert not found, f"{len(found)} differences: {found[:20]}"


def flood(a, b, operations, seed, interrupt=None, seconds=200):
  """Runs operations in the first share, and compares when they are done."""
  program = Program(a.share, a.world.directory("aside", a.name), seed)
  began, next_interrupt = time.monotonic(), operations / 10
  while program.operations < operations:
    program.run(200)
    if interrupt and program.operations > next_interrupt:
      next_interrupt += operations / 5
      interrupt(program)
  program.finish()
  ended = time.monotonic()
  compare(a, b, seconds)
  counts = ", ".join(f"{count} {what}" for what, count in program.counts.most_common())
  print(f"  {program.operations} operations in {ended - began:.0f} s, all there "
        f"{time.monotonic() - ended:.1f} s later; overflows {overflows(a)}, "
        f"0 missed ({counts})", flush=True)


def overflows(node):
  return node.log().count("the kernel dropped events")


def amount(short):
  return int(os.environ.get("FLOOD_OPERATIONS", short))


def seed():
  value = int(os.environ.get("STORM_SEED", random.randrange(10**6)))
  print(f"  STORM_SEED={value}", flush=True)
  return value


def need_rsync():
  if not shutil.which("rsync"):
    raise Skip("there is no rsync")


@test("a flood of file operations: nothing is missed")
def plain_flood(world):
  need_rsync()
  flood(*world.pair(), amount(20_000), seed())


@test("a flood while the daemon is stopped again and again: events are lost, nothing is missed")
def stopped_flood(world):
  need_rsync()
  a, b = world.pair()

  def stop(program):
    a.process.send_signal(signal.SIGSTOP)
    target = program.operations + 15_000
    while program.operations < target:
      program.run(200)
    a.process.send_signal(signal.SIGCONT)

  if "FLOOD_OPERATIONS" in os.environ:
    flood(a, b, amount(0), seed(), stop)
  else:
    # Once: what follows on a second loss within a minute is looked at later.
    program = Program(a.share, world.directory("aside", "A"), seed())
    program.run(2000)
    stop(program)
    program.run(2000)
    program.finish()
    compare(a, b, 60)
  assert overflows(a) > 0, "no event was lost: this shows nothing"
