"""Daemons that are killed at each of the system calls by which they change the disk.

A workload of at most three operations goes from A to B. One of the two is killed as it begins the
Nth call of a kind in one of its threads, for each thread, kind and N that the workload has. At that
moment every path on B has a state that it had on A at some time, whole, or the one before; started
again, both become equal to what A's user made, and what was replaced or deleted lies in B's trash.
"""

import os
import re
import shutil
import subprocess
import time

from node import converge, introduce, within
from storm import EXCHANGE, rename
from suite import test
from tracing import CHANGING, Tracer, need_strace, settle, threads

# Threads that change the disk. A call is counted in each thread by itself.
GROUPS = (("control",), ("disk",), ("work", "read large"))
LARGE = 300_000
NO_DISK = ("<anon_inode", "<socket", "<pipe", "/log>")


# --- What a user does, and what is there before

def nothing(place):
  os.makedirs(place)


def files(place):
  os.makedirs(place)
  for name in ("a", "b"):
    write(place, name, b"old " + name.encode())


def tree(place):
  files(place)
  os.makedirs(f"{place}/d/e")
  for name in ("d/a", "d/e/b"):
    write(place, name, b"old " + name.encode())


def write(place, name, text):
  """A new content, told apart from all others, that appears at once."""
  part = outside(place)
  with open(part, "wb") as file:
    file.write(os.path.basename(place).encode() + b" " + text)
  os.rename(part, f"{place}/{name}")


def outside(place):
  """Where something can be prepared that is to appear at once."""
  world = os.path.dirname(os.path.dirname(os.path.dirname(place)))
  return os.path.join(world, "aside", os.path.basename(place))


def put(name, text):
  return lambda place: write(place, name, text)


def new_tree(place):
  """All of it appears at once."""
  part = outside(place) + ".tree"
  os.makedirs(f"{part}/d/e")
  for name, text in (("a", b"a"), ("d/b", b"b"), ("d/e/c", b"c"), ("large", b"l" * LARGE)):
    with open(f"{part}/{name}", "wb") as file:
      file.write(text)
  os.symlink("large", f"{part}/link")
  os.rename(part, f"{place}/tree")


def new_link(place):
  os.symlink("a", outside(place))
  os.rename(outside(place), f"{place}/b")


def remove(name):
  return lambda place: os.unlink(f"{place}/{name}")


def move(source, target):
  return lambda place: os.rename(f"{place}/{source}", f"{place}/{target}")


def exchange(place):
  assert rename(f"{place}/a", f"{place}/b", EXCHANGE)


WORKLOADS = {
  "a file is created": (nothing, [put("new", b"new")]),
  "a large file is created": (nothing, [put("new", b"n" * LARGE)]),
  "a file is replaced": (files, [put("a", b"new a")]),
  "two files are replaced, one is made": (
    files, [put("a", b"new a"), put("b", b"new b"), put("c", b"new c")]),
  "a file is renamed": (files, [move("a", "c")]),
  "a file is renamed over another": (files, [move("a", "b")]),
  "a file is deleted": (files, [remove("a")]),
  "a directory is made, with a file": (
    nothing, [lambda place: os.mkdir(f"{place}/d"), put("d/a", b"new")]),
  "a symlink is made, and one replaces a file": (
    files, [lambda place: os.symlink("a", f"{place}/link"), new_link]),
  "a tree is made": (nothing, [new_tree]),
  "a tree is deleted": (tree, [lambda place: shutil.rmtree(f"{place}/d")]),
  "a directory is renamed": (tree, [move("d", "f")]),
  "a mode is changed": (files, [lambda place: os.chmod(f"{place}/a", 0o600)]),
  "two files change places": (files, [exchange]),
}


# --- One kill

class Sweep:
  """Kills at one workload's calls on one of its nodes."""

  def __init__(self, world, role, workload, deadline):
    self.world, self.role, self.deadline = world, role, deadline
    self.before, self.operations = WORKLOADS[workload]
    world.directory("aside")
    self.a, self.b = world.node("A"), world.node("B")
    introduce(self.a, self.b)
    for node in (self.a, self.b):
      node.start()
    for node in (self.a, self.b):
      within(20, node.is_connected, f"{node.name} has its peer")
    # What comes from a peer marks a new index as one of this run of the machine.
    self.b.write("first", b"first")
    converge(self.a, self.b)
    self.victim = self.a if role == "sender" else self.b
    self.number = 0
    self.kills = 0
    self.violations = []

  def run(self, every=1):
    """At each point, or at every so manieth, until it is clear that something is wrong."""
    for group in GROUPS:
      for call, count in self.profile(group).items():
        for number in range(1, count + 1, every):
          if self.is_over():
            return
          self.one(group, call, number)
    self.recovering(every)

  def is_over(self):
    return time.monotonic() > self.deadline or len(self.violations) >= 10

  def profile(self, group):
    """How often each changing call comes in the thread of a group that makes most of it."""
    tracer = self.trace(group, "-y", "-e", "trace=" + ",".join("?" + c for c in CHANGING))
    self.work()
    assert self.a.wait(30), "the workload is not acknowledged without a kill"
    settle()
    counts = {}
    for line in tracer.end():
      # Who made the call is told where several are traced.
      match = re.match(r"([0-9]+ +)?([a-z0-9_]+)\((.*)", line)
      if not match:
        continue
      task, call, rest = match.groups()
      # What is written to a socket, a pipe or the log changes no disk.
      if call.startswith("write") and any(word in rest for word in NO_DISK):
        continue
      # Where strace is too old to know a call it can't kill at it: at the ones around it, then.
      if call.startswith("syscall_"):
        continue
      counts.setdefault(call, {}).setdefault(task, 0)
      counts[call][task] += 1
    return {call: max(tasks.values()) for call, tasks in counts.items()}

  def trace(self, group, *options):
    """Prepares a place, and traces the threads of a group."""
    self.number += 1
    self.name = f"p{self.number}"
    self.before(self.a.path(self.name))
    converge(self.a, self.b)
    settle(0.05)
    return Tracer(self.victim, threads(self.victim, group), *options)

  def work(self):
    """What the user does, and what every path may be meanwhile."""
    states = [self.a.tree()]
    for operation in self.operations:
      operation(self.a.path(self.name))
      states.append(self.a.tree())
    return states

  def one(self, group, call, number):
    tracer = self.trace(group, "-e", f"inject={call}:signal=KILL:when={number}")
    states = self.work()
    waiting = subprocess.Popen(
      [self.world.leftd, "wait", "--state", self.a.state, "--timeout", "30"],
      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while waiting.poll() is None and not self.victim.has_ended():
      time.sleep(0.005)
    if not self.victim.has_ended():
      settle()
    tracer.end()
    waiting.kill()
    waiting.wait()
    self.judge(f"{group[0]} {call} {number}", states)

  def judge(self, where, states):
    """What holds at the moment after a kill, and when the killed one runs again."""
    if self.victim.has_ended():
      self.kills += 1
      self.look(where, states)
      self.victim.process = None
      self.victim.start()
    try:
      converge(self.a, self.b, seconds=30)
    except AssertionError as error:
      self.violations.append(f"{where}: {error}")
      return
    if self.b.tree() != states[-1]:
      self.violations.append(f"{where}: it is not what the user made: {sorted(self.b.tree())}")
    self.look_for_remains(where)
    replaced = {s[1] for s in states[0].values() if s[0] == "file"}
    replaced -= {s[1] for s in states[-1].values() if s[0] == "file"}
    lost = replaced - set(self.b.trash())
    if lost:
      self.violations.append(f"{where}: not in the trash: {lost}")

  def look(self, where, states):
    """Each path on B as it is at a kill."""
    here = self.b.tree()
    for path in sorted(here.keys() | states[0].keys()):
      if not path.startswith(self.name.encode()):
        continue
      allowed = [state.get(path) for state in states]
      if here.get(path) not in allowed:
        self.violations.append(f"{where}: {path} is {here.get(path)}, not one of {allowed}")

  def look_for_remains(self, where):
    """Nothing is left in what leftd keeps for itself, but the trash; and what of a large content came
    before its sender was killed, which is there for when it goes on."""
    def remains():
      left = os.listdir(self.b.path(".leftd", "flip"))
      if self.role == "receiver":
        for _, _, names in os.walk(self.b.path(".leftd", "staging")):
          left += names
      return left
    try:
      within(5, lambda: not remains(), "nothing is left over")
    except AssertionError:
      self.violations.append(f"{where}: left over: {remains()}")

  # --- Kills while what a kill left is mended

  def recovering(self, every):
    """Killed at its last rename, or else its last flush, and then at each call of its start."""
    calls = self.profile(("disk",)) if self.role == "receiver" else self.profile(("control",))
    kinds = ("renameat2", "unlinkat", "fsync", "fdatasync")
    last = next((call for call in kinds if call in calls), None)
    if last is None:
      return
    group = ("disk",) if self.role == "receiver" else ("control",)
    for call in ("renameat2", "unlinkat", "fsync", "syncfs", "fdatasync", "mkdirat", "pwrite64"):
      number = 1
      while not self.is_over() and self.again(group, last, calls[last], call, number):
        # Pages of the index are many, and alike.
        number += every * (5 if call == "pwrite64" else 1)

  def again(self, group, first, count, call, number):
    """Whether the start came so far as to be killed."""
    tracer = self.trace(group, "-e", f"inject={first}:signal=KILL:when={count}")
    states = self.work()
    end = time.monotonic() + 5
    while not self.victim.has_ended() and time.monotonic() < end:
      time.sleep(0.005)
    tracer.end()
    if not self.victim.has_ended():
      self.victim.kill()
    where = f"{group[0]} {first} {count}, then {call} {number} of the start"
    self.kills += 1
    self.look(where, states)
    self.victim.prefix = ("strace", "-f", "-q", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                          f"inject={call}:signal=KILL:when={number}")
    self.victim.launch()
    self.victim.prefix = ()
    end = time.monotonic() + 5
    while time.monotonic() < end and not self.victim.has_ended() and not self.is_done():
      time.sleep(0.02)
    was_killed = self.victim.has_ended()
    if not was_killed:
      self.stop_traced()
    self.judge(where, states)
    return was_killed

  def is_done(self):
    done = self.a.run("wait", "--timeout", "1")
    return done.returncode == 0 and self.victim.answers()

  def stop_traced(self):
    """strace in front of the daemon: the daemon is killed, and strace ends as it."""
    with open(os.path.join(self.victim.state, "leftd.lock")) as file:
      os.kill(int(file.read().split()[0]), 9)
    self.victim.process.wait(20)


def sweep(world, role, workload, every=1, seconds=3600.0):
  need_strace()
  began = time.monotonic()
  one = Sweep(world, role, workload, began + seconds)
  one.run(every)
  print(f"  {workload}, the {role} killed: {one.kills} kill points, "
        f"{len(one.violations)} violations", flush=True)
  assert not one.violations, "\n".join(one.violations)
  assert one.kills, "nothing was killed: this shows nothing"


def _register():
  """All of it where CRASH_SWEEP is set; else a sample."""
  if "CRASH_SWEEP" in os.environ:
    for workload in WORKLOADS:
      for role in ("receiver", "sender"):
        name = f"{workload}: the {role} is killed at each call that changes the disk"
        test(name)(lambda world, role=role, workload=workload: sweep(world, role, workload))
    return

  @test("a tree arrives: the receiver is killed at some of the calls that change the disk")
  def receiver(world):
    sweep(world, "receiver", "a tree is made", every=9, seconds=10)

  @test("files are replaced: the sender is killed at some of the calls that change the disk")
  def sender(world):
    sweep(world, "sender", "two files are replaced, one is made", every=9, seconds=6)


_register()
