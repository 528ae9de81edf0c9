"""What was changed on a replica: listed, and taken back."""

import json
import os
import shutil

from node import converge, introduce, within
from suite import test


def deviations(node, *arguments):
  """Kinds by path."""
  done = node.run("deviations", "--json", *arguments)
  assert done.returncode == 0, done.stderr
  return {one["path"] + "/" * one["directory"]: one["kind"] for one in json.loads(done.stdout)}


def deviate(world):
  """A replica on which everything was done that can be done to files."""
  a, b = world.pair(b={"mode": "replica"})
  for name in ("edited", "deleted", "folder/one", "folder/two", "moved/file", "kept"):
    a.write(name, name.encode())
  converge(a, b)
  assert deviations(b) == {}
  before = a.tree(times=True)
  b.write("edited", b"edited on the replica")
  b.write("added", b"made on the replica")
  b.write("new/deep/file", b"made, too")
  os.unlink(b.path("deleted"))
  shutil.rmtree(b.path("folder"))
  os.rename(b.path("moved"), b.path("elsewhere"))
  assert b.wait()
  return a, b, before


@test("deviations of a replica are listed, also after a restart")
def listed(world):
  a, b, before = deviate(world)
  expected = {
    "edited": "changed", "added": "added", "new/": "added", "new/deep/": "added",
    "new/deep/file": "added", "deleted": "deleted", "folder/": "deleted",
    "folder/one": "deleted", "folder/two": "deleted", "elsewhere/": "changed"}
  assert deviations(b) == expected, deviations(b)
  assert set(deviations(b, b.path("new"))) == {"new/", "new/deep/", "new/deep/file"}
  assert "deleted " in b.run("deviations").stdout
  b.stop()
  b.start()
  assert deviations(b) == expected
  said = a.run("deviations", a.path("edited"))
  assert said.returncode == 1 and "no replica" in said.stderr, said
  assert a.tree(times=True) == before
  a.write("edited", b"edited on A")
  within(20, lambda: b.read("edited") == b"edited on A", "the replica takes what is new")
  within(10, lambda: "edited" not in deviations(b), "it is no deviation")


@test("deviations of a replica are taken back, by way of the trash")
def reverted(world):
  a, b, before = deviate(world)
  done = b.run("revert", b.path("edited"), b.path("added"))
  assert done.returncode == 0 and "in the trash" in done.stdout, done
  within(20, lambda: b.read("edited") == b"edited", "as A has it")
  assert b.read("added") is None and b.read("deleted") is None
  assert {b"edited on the replica", b"made on the replica"} <= set(b.trash()), b.trash()
  within(20, lambda: not {"edited", "added"} & set(deviations(b)), "they are no deviations")
  assert len(deviations(b)) == 8, deviations(b)
  # It has dialled anew for what was taken back before.
  within(20, lambda: b.run("revert", "--all").returncode == 0, "the peer has told what it has")
  within(30, lambda: b.tree(times=True) == before, "B is as A")
  within(20, lambda: deviations(b) == {}, "nothing deviates")
  assert b"made, too" in b.trash() and a.tree(times=True) == before
  assert "Nothing was changed" in b.run("revert", "--all").stdout
  # Who changes it again has changed it again.
  b.write("edited", b"once more")
  within(10, lambda: deviations(b) == {"edited": "changed"}, "a new one")
  b.kill()
  b.start()
  within(20, b.is_connected, "B has its peer")
  assert b.wait() and b.read("edited") == b"once more"
  assert b.run("revert").returncode == 64


@test("what is taken back while no peer is there comes when one is")
def later(world):
  a, b, before = deviate(world)
  a.stop()
  assert b.run("revert", "--all").returncode == 0
  assert b.read("added") is None
  a.start()
  within(30, lambda: b.tree(times=True) == before, "B is as A")


@test("a replica that knows of nobody takes nothing back")
def alone(world):
  a, b = world.node("A"), world.node("B")
  introduce(a, b)
  b.settings = {"mode": "replica"}
  b.write("own", b"1")
  b.start()
  within(10, lambda: deviations(b) == {"own": "added"}, "it is listed")
  done = b.run("revert", "--all")
  assert done.returncode == 1 and "no peer has told" in done.stderr, done
  assert b.read("own") == b"1"


@test("what a node had before it became a replica is no deviation")
def became(world):
  a, b = world.pair(b={"mode": "two-way"})
  a.write("of-a", b"a")
  b.write("of-b", b"told while it was told")
  converge(a, b)
  b.stop()
  b.settings = {"mode": "replica"}
  b.start()
  within(20, b.is_connected, "B has its peer")
  b.write("own", b"1")
  within(10, lambda: deviations(b) == {"own": "added"}, "only what is new")
  assert b.run("revert", "--all").returncode == 0
  within(10, lambda: b.read("own") is None, "it is gone")
  assert b.read("of-b") == b"told while it was told"
