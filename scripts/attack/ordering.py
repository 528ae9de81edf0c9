"""The order in which a receiving daemon writes, flushes, renames and acknowledges, by strace's log.

A power cut can't be made here; the order of the calls shows what one would leave. Nothing that was
written may get its place before it was flushed; nothing may be sent to the peer between the first
rename of a flip and the flushes of its directories and, after them, of the index.
"""

import os
import random
import re
import shutil

from node import converge
from suite import test
from tracing import CHANGING, Tracer, need_strace, settle, threads

LINE = re.compile(r"(?:([0-9]+) +)?([0-9.]+) (?:<\.\.\. )?([a-z0-9_]+)(\(| resumed>)(.*)")
PATH = re.compile(r"[0-9A-Z_]+<([^>]*)>")
NAME = re.compile(r'[0-9A-Z_]+<([^>]*)>, "((?:[^"\\]|\\.)*)"')
WRITES = ("pwrite64", "write", "pwritev", "writev", "ftruncate", "fallocate", "copy_file_range")
FLUSHES = ("fsync", "fdatasync", "syncfs")


def calls(lines):
  """Each call's beginning and end, in their order: task, name, its text, whether it is the end, and
  whether it was done."""
  open_calls = {}
  for line in lines:
    match = LINE.match(line)
    if not match:
      continue
    task, _, name, kind, rest = match.groups()
    done = not re.search(r"= -1 ", rest)
    if kind == "(":
      unfinished = rest.endswith("<unfinished ...>")
      yield task, name, rest, False, True
      if unfinished:
        open_calls[task] = rest
      else:
        yield task, name, rest, True, done
    else:
      yield task, name, open_calls.pop(task, rest), True, done


class Order:
  """What of a share is on the disk, and what is not yet, call by call."""

  def __init__(self, share):
    self.share, self.reserved = share, os.path.join(share, ".leftd")
    # Files by their paths just now, and directories whose names changed, with what was not flushed.
    self.unflushed, self.names = set(), set()
    self.flushing = {}
    self.violations = []
    self.renames = self.flips = self.sends = self.flushes = 0
    # A flip is under way: renamed, its names not flushed; flushed, the index not.
    self.is_flipping = False
    self.is_recorded = True

  def follow(self, lines):
    for task, name, rest, is_end, done in calls(lines):
      if name in WRITES and not is_end:
        self.write(rest)
      elif name in FLUSHES:
        self.flush(task, name, rest, is_end, done)
      elif name == "renameat2":
        self.rename(rest, is_end, done)
      elif name in ("unlinkat", "mkdirat", "symlinkat") and is_end and done:
        self.change_names(rest, name)
      elif name in ("sendto", "sendmsg") and not is_end and "<TCP" in rest:
        self.send()

  def is_inside(self, path):
    """Whether users see it."""
    return (path == self.share or path.startswith(self.share + "/")) and not (
      path == self.reserved or path.startswith(self.reserved + "/"))

  def write(self, rest):
    match = PATH.match(rest)
    if match and match[1].startswith(self.share + "/"):
      self.unflushed.add(match[1])

  def flush(self, task, name, rest, is_end, done):
    if not is_end:
      match = PATH.match(rest)
      path = match[1] if match else ""
      # What is written while it flushes isn't covered.
      if name == "syncfs":
        self.flushing[task] = set(self.unflushed), set(self.names), path
      else:
        self.flushing[task] = {path}, {path}, path
      return
    files, names, path = self.flushing.pop(task, (set(), set(), ""))
    if not done:
      return
    self.flushes += 1
    self.unflushed -= files
    self.names -= names
    if path.endswith("-wal") and self.is_flipping and not self.names:
      self.is_flipping, self.is_recorded = False, True

  def rename(self, rest, is_end, done):
    places = [f"{folder}/{name}" for folder, name in NAME.findall(rest)]
    if len(places) != 2:
      return
    source, target = places
    swapped = "EXCHANGE" in rest
    if not is_end:
      moved = [(source, target)] + ([(target, source)] if swapped else [])
      for old, new in moved:
        if self.is_inside(new):
          late = [path for path in self.unflushed if path == old or path.startswith(old + "/")]
          self.violations += [f"{path} is put at {new} and was not flushed" for path in late]
      return
    if not done:
      return
    self.renames += 1
    for known in (self.unflushed, self.names):
      found = {(path, other) for path in known
               for old, other in [(source, target)] + ([(target, source)] if swapped else [])
               if path == old or path.startswith(old + "/")
               for other in [other + path[len(old):]]}
      known -= {path for path, _ in found}
      known |= {path for _, path in found}
    if self.is_inside(source) or self.is_inside(target):
      if not self.is_flipping:
        self.flips += 1
      self.is_flipping, self.is_recorded = True, False
      self.names |= {os.path.dirname(path) for path in (source, target) if self.is_inside(path)}

  def change_names(self, rest, name):
    for folder, entry in NAME.findall(rest)[:1]:
      path = f"{folder}/{entry}"
      if self.is_inside(path):
        self.is_flipping, self.is_recorded = True, False
        self.names.add(folder)
      self.unflushed.discard(path)
      self.names.discard(path)

  def send(self):
    self.sends += 1
    if self.is_flipping:
      what = f"the names in {sorted(self.names)}" if self.names else "the index"
      self.violations.append(f"something is sent, and of the flip before it {what} not flushed")


def traced(world, work, is_strict):
  """What B does while A's user works, and is told of it; the order that came of it."""
  need_strace()
  a, b = world.pair()
  prepare(a)
  converge(a, b)
  settle()
  traced_calls = "trace=" + ",".join("?" + call for call in (*CHANGING, "sendto", "sendmsg"))
  tracer = Tracer(b, threads(b), "-f", "-ttt", "-yy", "-s", "300", "-e", traced_calls)
  order = Order(os.path.realpath(b.share))
  try:
    work(a, b)
    settle()
  finally:
    lines = tracer.end()
  order.follow(lines)
  violations = order.violations
  if not is_strict:
    violations = [text for text in violations if not text.startswith("something is sent")]
  print(f"  {len(lines)} lines, {order.renames} renames, {order.flushes} flushes, {order.flips} "
        f"flips, {order.sends} sends, {len(violations)} violations", flush=True)
  assert not violations, "\n".join(violations[:20])
  assert not order.names, f"acknowledged, and never flushed: {sorted(order.names)[:5]}"
  assert order.flips and order.flushes and order.sends, "nothing was seen: this shows nothing"
  notices(lines, order.share, ("fsync", "syncfs"), "was not flushed")
  if is_strict:
    notices(lines, order.share, ("fsync", "syncfs"), "the names in")
    notices(lines, order.share, ("fdatasync",), "the index not flushed")


def notices(lines, share, without, word):
  """That the check can fail: it does where the log lacks these flushes."""
  order = Order(share)
  order.follow(line for line in lines
               if not any(f" {name}(" in line or f" {name} resumed" in line for name in without))
  assert any(word in text for text in order.violations), f"what lacks {without} is not noticed"


def prepare(a):
  for number in range(40):
    a.write(f"old/{number % 4}/{number}", b"old %d" % number)


def steps(a, b):
  """One small thing after the other, so that nothing but acknowledgements is sent."""
  one_by_one = [
    lambda: a.write("new", b"new"),
    lambda: a.write("old/1/1", b"replaced"),
    lambda: os.rename(a.path("old/1/5"), a.path("old/2/moved")),
    lambda: os.unlink(a.path("old/0/0")),
    lambda: os.makedirs(a.path("deep/er/and/empty")),
    lambda: os.symlink("new", a.path("link")),
    lambda: os.rename(a.path("old/3"), a.path("moved")),
    lambda: shutil.rmtree(a.path("moved")),
    lambda: [a.write(f"tree/{n % 3}/{n}", b"%d" % n) for n in range(60)],
    lambda: os.chmod(a.path("new"), 0o600),
    lambda: [a.write(f"old/2/{n}", b"again %d" % n) for n in (2, 6, 10)],
  ]
  for step in one_by_one:
    step()
    converge(a, b)


def flood(a, b):
  """Hundreds of files, some of them large, and deletions, all at once."""
  source = random.Random(1)
  for number in range(300):
    a.write(f"many/{number % 7}/{number}", source.randbytes(source.choice([10, 5000, 60_000])))
  for number in range(4):
    a.write(f"large/{number}", source.randbytes(3_000_000 * (number + 1)))
  shutil.rmtree(a.path("old/2"))
  for number in (1, 5, 9):
    a.write(f"old/1/{number}", source.randbytes(400_000))
  converge(a, b)
  shutil.rmtree(a.path("many/3"))
  os.rename(a.path("large"), a.path("many/large"))
  converge(a, b)


@test("by the log of its calls: nothing is told to a peer before names and index are durable")
def acknowledged_after(world):
  traced(world, steps, is_strict=True)


@test("by the log of its calls: nothing is put in its place before its content is durable")
def placed_after(world):
  traced(world, flood, is_strict=False)
