"""Members of a set that can't be applied: the others go on without them, and they follow."""

import contextlib
import os
import subprocess
import time

from holding import hold
from node import Skip, converge, within
from suite import test

HELD_SECONDS = 10


@contextlib.contextmanager
def immutable(path):
  """Something that nobody can change, not even root."""
  done = subprocess.run(["chattr", "+i", path], capture_output=True, text=True, timeout=30)
  if done.returncode != 0:
    raise Skip("may not make a file immutable: " + " ".join(done.stderr.split()))
  try:
    yield
  finally:
    subprocess.run(["chattr", "-i", path], check=True, timeout=30)


def warnings(node, *words):
  return [line for line in node.log().splitlines()
          if "warning" in line and all(word in line for word in words)]


@test("a file that can't be replaced: its set is held, goes on without it, and it follows",
      waits=True)
def replaced(world):
  a, b = world.pair()
  a.write("fixed", b"old\n")
  converge(a, b)
  with immutable(b.path("fixed")):
    hold(a, "sh", "-c", "echo new > fixed; echo 1 > one; mkdir dir; echo 2 > dir/two")
    began = time.monotonic()
    a.write("independent", b"3")
    within(5, lambda: b.read("independent") == b"3", "a set that needs nothing of it overtakes")
    assert b.read("one") is None and not os.path.exists(b.path("dir")), "it is not held whole"
    within(HELD_SECONDS + 10, lambda: b.read("dir/two") == b"2\n", "the others go on")
    waited = time.monotonic() - began
    assert waited > HELD_SECONDS - 2, f"held for {waited:.1f} s only"
    within(5, lambda: b.read("one") == b"1\n", "all others")
    assert b.read("fixed") == b"old\n"
    trouble = b.status()["trouble"]
    assert "fixed can't be applied" in trouble and "permission" in trouble, trouble
    assert "fixed" in b.run("status").stdout
    assert a.run("wait", "--timeout", "1").returncode == 2, "acknowledged what is not there"
    # What touches it later isn't held again.
    began = time.monotonic()
    hold(a, "sh", "-c", "echo newer > fixed; echo 4 > dir/four")
    within(5, lambda: b.read("dir/four") == b"4\n", "a later set with it")
    time.sleep(7)
    assert len(warnings(b, "Cannot be applied")) == 1, "it is said once"
    assert len(warnings(b, "goes on without")) == 1, "it is said once"
    # Nor after a reconnection.
    b.stop()
    a.write("dir/five", b"5")
    b.start()
    within(HELD_SECONDS + 20, lambda: b.read("dir/five") == b"5", "after a start")
    assert a.run("wait", "--timeout", "1").returncode == 2, "acknowledged what is not there"
  began = time.monotonic()
  within(10, lambda: b.read("fixed") == b"newer\n", "it follows when it can")
  converge(a, b)
  assert b.status()["trouble"] == "", b.status()["trouble"]


@test("a directory in which nothing can be made, or deleted: the rest of the set goes on",
      waits=True)
def directory(world):
  a, b = world.pair()
  for name in ("closed/keep", "closed/gone", "open/gone"):
    a.write(name, name.encode())
  converge(a, b)
  with immutable(b.path("closed")):
    hold(a, "sh", "-c", """
      rm closed/gone open/gone; mkdir -p closed/new/deep; echo 1 > closed/new/deep/file
      echo 2 > open/file; mv closed/keep open/keep""")
    within(HELD_SECONDS + 10, lambda: b.read("open/file") == b"2\n", "the others go on")
    assert b.read("open/gone") is None
    assert b.read("closed/gone") == b"closed/gone" and b.read("closed/keep") == b"closed/keep"
    # A person need not wait.
    hold(a, "sh", "-c", "echo 3 > closed/three; echo 4 > open/four")
    assert b.run("release").returncode == 0
    within(5, lambda: b.read("open/four") == b"4\n", "the later set")
  converge(a, b)
  assert b.read("closed/new/deep/file") == b"1\n" and b.read("open/keep") == b"closed/keep"


@test("a large file that does not fit: its set is held, goes on without it, and it follows",
      waits=True)
def full(world):
  disk = world.directory("disk")
  world.mount(disk, "-t", "tmpfs", "-o", "size=48m", "tmpfs")
  share = world.directory("disk", "share")
  from node import introduce
  a, b = world.node("A"), world.node("B", share=share)
  introduce(a, b)
  a.start()
  b.start()
  within(20, b.is_connected, "both are connected")
  a.write("before", b"1")
  converge(a, b)
  with open(os.path.join(disk, "filler"), "wb") as file:
    file.write(os.urandom(30 * 1024 * 1024))
  hold(a, "sh", "-c", "head -c 30000000 /dev/urandom > large; echo 1 > one; rm before")
  b.says("warning", "disk is full", seconds=20)
  assert b.read("one") is None
  within(HELD_SECONDS + 15, lambda: b.read("one") == b"1\n", "the others go on")
  assert "large can't be applied" in b.status()["trouble"], b.status()["trouble"]
  os.remove(os.path.join(disk, "filler"))
  within(30, lambda: b.read("large") == a.read("large"), "it follows when there is room")
  converge(a, b)
