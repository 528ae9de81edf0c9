"""What users do when something went otherwise than they wanted: conflicts, history, trash."""

import json
import os

from node import converge, introduce, within
from suite import test


def mend(node, command, *arguments, code=0):
  """Runs a command; its standard output. Its exit code must be as expected."""
  done = node.run(command, *arguments)
  said = done.stdout + done.stderr
  assert done.returncode == code, f"{command} {arguments}: {done.returncode} {said}"
  return done.stdout if code == 0 else said


def conflict(world, name="docs/report.txt"):
  """Two nodes on which one file was edited apart."""
  a, b = world.pair()
  a.write(name, b"first")
  converge(a, b)
  b.stop()
  a.write(name, b"edited on A")
  a.wait(1)
  with open(b.path(name), "wb") as file:
    file.write(b"edited on B, later")
  b.start()
  within(20, b.is_connected, "B has its peer")
  within(30, lambda: len(os.listdir(a.path("docs"))) == 2, "both edits are there")
  converge(a, b)
  listed = json.loads(mend(a, "conflicts", "--json"))
  assert len(listed) == 1 and listed[0]["original"] == name, listed
  assert listed == json.loads(mend(b, "conflicts", "--json")), "both nodes list the same"
  copy = listed[0]["path"]
  assert listed[0]["node"] in (a.id[:7], b.id[:7]) and listed[0]["has_original"], listed
  assert listed[0]["size"] == len(a.read(copy)) and copy in mend(a, "conflicts")
  return a, b, copy


@test("a conflict is listed, and ends with ours")
def keep_ours(world):
  a, b, copy = conflict(world)
  standing, lost = a.read("docs/report.txt"), a.read(copy)
  assert "in the trash" in mend(b, "resolve", b.path("docs/report.txt"), "--keep", "ours")
  converge(a, b)
  assert a.read("docs/report.txt") == standing and os.listdir(a.path("docs")) == ["report.txt"]
  assert lost in a.trash() and lost in b.trash()
  assert json.loads(mend(a, "conflicts", "--json")) == []
  said = mend(b, "resolve", b.path("docs/report.txt"), "--keep", "ours", code=1)
  assert "no conflict" in said and "leftd conflicts" in said, said


@test("a conflict ends with theirs")
def keep_theirs(world):
  a, b, copy = conflict(world)
  standing, lost = a.read("docs/report.txt"), a.read(copy)
  mend(a, "resolve", a.path(copy), "--keep", "theirs")
  converge(a, b)
  assert b.read("docs/report.txt") == lost and os.listdir(b.path("docs")) == ["report.txt"]
  assert standing in a.trash()


@test("a conflict ends with both")
def keep_both(world):
  a, b, copy = conflict(world)
  standing, lost = a.read("docs/report.txt"), a.read(copy)
  a.write("docs/report-2.txt", b"was here before")
  mend(a, "resolve", a.path("docs/report.txt"), "--keep", "both")
  converge(a, b)
  assert b.read("docs/report.txt") == standing and b.read("docs/report-3.txt") == lost
  assert b.read("docs/report-2.txt") == b"was here before" and b.read(copy) is None


def history(node, *arguments):
  return json.loads(mend(node, "log", "--json", *arguments))


@test("the log tells what changed, who did it, and of which path")
def log(world):
  a, b = world.pair()
  a.write("d/one", b"one")
  a.write("d/two", b"two")
  converge(a, b)
  before = history(b)[0]["set"]
  a.write("d/one", b"one, changed")
  converge(a, b)
  os.rename(a.path("d/two"), a.path("d/three"))
  converge(a, b)
  os.rename(a.path("d"), a.path("e"))
  converge(a, b)
  os.unlink(a.path("e/one"))
  converge(a, b)
  for node, is_local in ((a, True), (b, False)):
    sets = history(node, "--verbose")
    assert [entry["local"] for entry in sets[:4]] == [is_local] * 4, sets
    assert is_local or sets[0]["peer"] == a.id, sets[0]
    items = [[item["action"], item["path"], item.get("from")] for entry in reversed(sets[:4])
             for item in entry["items"]]
    assert items == [
      ["changed", "d/one", None], ["moved", "d/three", "d/two"], ["moved", "e", "d"],
      ["deleted", "e/one", None]], items
    assert sets[0]["deleted"] == 1 and sets[1]["moved"] == 1 and sets[3]["changed"] == 1, sets
  assert history(b)[4]["set"] == before, "sets are the same when asked again"
  assert [entry["items"][0]["action"] for entry in history(b, b.path("e/one"))] == ["deleted"]
  assert len(history(b, "-n", "2")) == 2
  one = history(b, "--set", str(before))
  assert len(one) == 1 and one[0]["set"] == before, one
  text = mend(b, "log")
  assert "deleted  e/one" in text and "moved    d to e/" in text, text
  assert "no set 999999" in mend(b, "log", "--set", "999999", code=1)
  # What it knows outlives the daemon.
  b.stop()
  b.start()
  assert [entry["set"] for entry in history(b)][-3:] == [entry["set"] for entry in sets][-3:]
