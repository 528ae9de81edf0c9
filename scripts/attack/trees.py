"""Trees of all kinds: what users do to them on one side is on the other."""

import os
import shutil
import signal

from node import alike, converge, introduce, within
from storm import EXCHANGE, rename
from suite import test


@test("everything deleted while both run is deleted there, and lies in the trash")
def deleted(world):
  a, b = world.pair()
  texts = [b"file %d" % number for number in range(50)]
  for number, text in enumerate(texts):
    a.write(f"d{number % 3}/e/{number}" if number % 4 else f"top{number}", text)
  os.symlink("top0", a.path("link"))
  converge(a, b)
  for name in os.listdir(a.share):
    path = a.path(name)
    if name == ".leftd":
      continue
    if os.path.isdir(path) and not os.path.islink(path):
      shutil.rmtree(path)
    else:
      os.unlink(path)
  converge(a, b)
  assert b.tree() == {}, f"left over: {sorted(b.tree())}"
  missing = set(texts) - set(b.trash())
  assert not missing, f"{len(missing)} contents are not in the trash: {sorted(missing)[:3]}"
  assert b.status()["state"] == "idle", "a real deletion is held"


@test("links, odd names, empty directories, modes and times arrive as they are")
def all_kinds(world):
  a, b = world.pair()
  names = [
    b"\xff\xfe invalid \x80", "caf\u00e9".encode(), "cafe\u0301".encode(), b" ", b"\n", b"-rf",
    b"x" * 255, b"\\", b"a:b*?", b"\x01\x1b[31m", "\U0001f3bb".encode(), b"...", b".hidden",
    b"tail.", b"CON", b"Case", b"case",
  ]
  for number, name in enumerate(names):
    path = a.path(name)
    with open(path, "wb") as file:
      file.write(b"in %d" % number)
    os.chmod(path, (0o600, 0o644, 0o755, 0o4750, 0o000)[number % 5])
    os.utime(path, ns=(0, (1_700_000_000_123_456_789, 1, 0, -5_000_000_001)[number % 4]))
  for name in (b"empty", b"deep/er/and/empty", b"\xc3\x28/\xa0\xa1"):
    os.makedirs(a.path(name))
  os.chmod(a.path(b"empty"), 0o1777)
  os.chmod(a.path(b"deep"), 0o700)
  links = {
    b"to-file": b"case", b"to-directory": b"deep/er", b"dangling": b"no/such", b"loop": b"loop",
    b"absolute": world.secret.encode(), b"out": b"../../outside", b"odd": b"\xff\n",
    b"long": b"y" * 4000, b"deep/up": b"..",
  }
  for name, target in links.items():
    os.symlink(target, a.path(name))
    os.utime(a.path(name), ns=(0, 1_600_000_000_987_654_321), follow_symlinks=False)
  a.write("nothing", b"")
  with open(a.path("hole"), "wb") as file:
    file.truncate(1_000_000)
  converge(a, b, times=True)
  tree = b.tree(times=True)
  for number, name in enumerate(names):
    assert tree[name][1] == b"in %d" % number, f"{name} is not there as it was"
  assert tree[names[0]][3] == 1_700_000_000_123_456_789
  # And back: a change of mode and time alone, and of every name.
  os.chmod(b.path(names[0]), 0o640)
  os.utime(b.path(names[1]), ns=(0, 1_500_000_000_000_000_007))
  os.rename(b.path(b"deep"), b.path(b"deeper"))
  converge(a, b, times=True)
  assert a.tree(times=True)[names[0]][2].endswith("640")


@test("a new file that is exchanged with one outside the share arrives")
def exchanged(world):
  a, b = world.pair()
  outside = os.path.join(world.directory("aside"), "new")
  for number in range(10):
    with open(outside, "w") as file:
      file.write(f"new {number}")
    # Both in one burst: the watcher has not told of the first when the second comes.
    a.write(f"f{number}", b"old")
    assert rename(outside, a.path(f"f{number}"), EXCHANGE)
  converge(a, b)
  for number in range(10):
    assert b.read(f"f{number}") == b"new %d" % number


@test("in a chain A-B-C wait on A means C, too")
def chain(world):
  a, b, c = (world.node(name) for name in "ABC")
  introduce(a, b)
  knows_a = b.peers
  introduce(b, c)
  b.peers = knows_a + b.peers
  for node in (a, b, c):
    node.start()
  within(20, lambda: a.is_connected() and c.is_connected(), "the chain is linked")
  a.write("first", b"first")
  within(30, lambda: c.read("first") == b"first", "what is written on A comes to C")
  c.write("back", b"back")
  within(30, lambda: a.read("back") == b"back", "what is written on C comes to A")
  within(30, lambda: len(a.status()["peers"]) == 2, "A hears of C")
  # C stands still: B has it durably, and that is not enough.
  c.process.send_signal(signal.SIGSTOP)
  try:
    a.write("second", b"second")
    within(30, lambda: b.read("second") == b"second", "B has it")
    waited = a.run("wait", "--timeout", "2")
    assert waited.returncode == 2, f"wait on A ended with {waited.returncode} without C"
    assert a.run("wait", "--timeout", "20", "--peer", b.id).returncode == 0, "B has it"
  finally:
    c.process.send_signal(signal.SIGCONT)
  assert a.wait(60), "wait on A does not end"
  assert c.read("second") == b"second", "wait on A ended before C had it"
  for number in range(20):
    a.write(f"turn{number}", b"%d" % number)
    assert a.wait(60), "wait on A does not end"
    assert c.read(f"turn{number}") == b"%d" % number, "wait on A ended before C had it"
  within(30, lambda: alike(a, b) and alike(b, c), "all trees are equal")
