"""What users do when something went otherwise than they wanted: conflicts, history, trash."""

import json
import os
import shutil
import time

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


@test("what a peer replaced and deleted is restored, and nothing is replaced by it")
def restore(world):
  a, b = world.pair()
  for name, data in (("f", b"first"), ("d/one", b"one"), ("d/e/two", b"two")):
    a.write(name, data)
  converge(a, b)
  a.write("f", b"second")
  converge(a, b)
  times = [int(os.stat(b.path("f")).st_ctime)]
  time.sleep(1.1)
  a.write("f", b"third")
  converge(a, b)
  times.append(int(os.stat(b.path("f")).st_ctime))
  # The newest of two, beside what stands there.
  assert len(mend(b, "restore", "--list", b.path("f")).splitlines()) == 2
  said = mend(b, "restore", b.path("f"))
  assert "f-2" in said, said
  converge(a, b)
  assert b.read("f") == b"third" and a.read("f-2") == b"second", a.tree()
  # What was there at a time.
  mend(b, "restore", "--at", f"@{times[0]}", b.path("f"))
  converge(a, b)
  assert a.read("f-3") == b"first", a.tree()
  assert "nothing of" in mend(b, "restore", "--at", f"@{times[1] + 3600}", b.path("f"), code=1)
  # A whole directory that is gone.
  shutil.rmtree(a.path("d"))
  converge(a, b)
  assert "is back" in mend(b, "restore", b.path("d"))
  converge(a, b)
  assert a.read("d/one") == b"one" and a.read("d/e/two") == b"two", a.tree()
  # One file of it, whose directory is gone as well.
  shutil.rmtree(a.path("d"))
  converge(a, b)
  mend(b, "restore", b.path("d/e/two"))
  converge(a, b)
  assert a.read("d/e/two") == b"two" and a.read("d/one") is None
  # The rest joins what is there by now.
  a.write("d/one", b"another one")
  converge(a, b)
  mend(b, "restore", b.path("d"))
  converge(a, b)
  assert a.read("d/one") == b"another one" and a.read("d/one-2") == b"one", a.tree()
  assert "has nothing" in mend(b, "restore", b.path("never"), code=1)
  assert "lies in no share" in mend(b, "restore", world.secret, code=1)


@test("a directory that was deleted piece by piece is restored whole, as it was first")
def restore_pieces(world):
  a, b = world.pair()
  files = {"d/one": b"one", "d/e/two": b"two", "d/e/three": b"three"}
  for name, data in files.items():
    a.write(name, data)
  converge(a, b)
  a.write("d/one", b"one, changed")
  converge(a, b)
  for name in files:
    os.unlink(a.path(name))
    converge(a, b)
  shutil.rmtree(a.path("d"))
  converge(a, b)
  # Of what stands there by now the older version comes beside it, and that one only.
  a.write("d/one", b"another one")
  converge(a, b)
  mend(b, "restore", b.path("d"))
  converge(a, b)
  found = {path.decode(): entry[1] for path, entry in a.tree().items() if entry[0] == "file"}
  assert found == files | {"d/one": b"another one", "d/one-2": b"one"}, found
  assert b"one, changed" in b.trash(), "what was later than that stays in the trash"


def set_of(node, path):
  """The number of the last set that concerns a path."""
  return str(history(node, "-n", "1", node.path(path))[0]["set"])


@test("what a set from a peer did is taken back")
def undo(world):
  a, b = world.pair()
  files = {"d/one": b"one", "d/e/two": b"two", "top": b"top", "x/kept": b"kept"}
  for name, data in files.items():
    a.write(name, data)
  os.mkdir(a.path("d/empty"))
  converge(a, b)
  before, base = b.tree(times=True), history(b)[0]["set"]
  a.stop()
  shutil.rmtree(a.path("d"))
  with open(a.path("top"), "wb") as file:
    file.write(b"overwritten by mistake")
  os.rename(a.path("x"), a.path("y"))
  for name in ("new", "made/deep/file"):
    a.write(name, b"unwanted")
  a.start()
  within(20, a.is_connected, "A has its peer")
  converge(a, b)
  assert b.tree() != before
  # The scan at A's start may have told it in several sets.
  mistaken = [entry for entry in history(b) if entry["set"] > base]
  for entry in mistaken:
    mend(b, "undo", str(entry["set"]))
  within(30, lambda: b.tree(times=True) == before, "B is as before")
  converge(a, b, times=True)
  assert a.tree(times=True) == before, "A is as before, too"


@test("undo leaves what has changed since, and says so")
def undo_partly(world):
  a, b = world.pair()
  for name in ("one", "two", "three"):
    a.write(name, name.encode())
  converge(a, b)
  for name in ("one", "two"):
    os.unlink(a.path(name))
  converge(a, b)
  a.write("three", b"three, changed")
  converge(a, b)
  number = set_of(b, "three")
  b.write("three", b"three, changed again")
  converge(a, b)
  said = mend(b, "undo", number, code=1)
  assert "left as it is (it has changed since)" in said, said
  assert b.read("three") == b"three, changed again"
  numbers = sorted({set_of(b, "one"), set_of(b, "two")})
  b.write("one", b"another one")
  converge(a, b)
  done = [b.run("undo", number) for number in numbers]
  assert any("one: left as it is (something else" in each.stdout for each in done), done
  assert b.read("one") == b"another one" and b.read("two") == b"two", done
  local = str(history(b, "-n", "1", b.path("one"))[0]["set"])
  assert "no set" in mend(b, "undo", local, code=1)


@test("an emptied folder is held until it is released, and then deleted elsewhere")
def release_emptied(world):
  a, b = world.pair()
  for number in range(5):
    a.write(f"d/{number}", b"%d" % number)
  converge(a, b)
  assert "Nothing is held" in mend(a, "release")
  tree = b.tree()
  a.stop()
  shutil.rmtree(a.share)
  os.mkdir(a.share)
  a.start()
  within(15, lambda: a.status()["state"] == "held", "the share is held")
  a.says("error", "held", "leftd release")
  b.write("meanwhile", b"meanwhile")
  time.sleep(1)
  assert b.tree() == tree | {b"meanwhile": b.tree()[b"meanwhile"]}, "held, nothing is deleted"
  assert "taken for what it is" in mend(a, "release", "share")
  within(30, lambda: a.read("meanwhile") == b"meanwhile", "A takes what B wrote")
  converge(a, b)
  assert sorted(os.listdir(b.share)) == [".leftd", "meanwhile"], b.tree()
  assert a.status()["state"] == "idle" and set(b.trash()) == {b"%d" % n for n in range(5)}
  # Emptied once more, it is asked once more.
  a.stop()
  os.unlink(a.path("meanwhile"))
  a.start()
  within(15, lambda: a.status()["state"] == "held", "the share is held again")


@test("a folder that is gone cannot be released")
def release_gone(world):
  a, b = world.pair()
  a.write("f", b"f")
  converge(a, b)
  os.rename(a.share, os.path.join(world.directory("aside"), "share"))
  within(15, lambda: a.status()["state"] == "held", "the share is held")
  assert "restart leftd" in mend(a, "release", code=1)
  assert b.read("f") == b"f"


@test("a set that would delete too much waits for a person")
def hold_deletes(world):
  a, b = world.pair(b={"hold_deletes": "30%", "trash_size": "10 MB", "trash_days": "2"})
  for number in range(10):
    a.write(f"f{number}", b"%d" % number)
  converge(a, b)
  os.unlink(a.path("f0"))
  converge(a, b)
  tree = b.tree()
  a.stop()
  for number in range(1, 6):
    os.unlink(a.path(f"f{number}"))
  a.start()
  within(20, lambda: b.status()["state"] == "held", "the set is held")
  assert "leftd release" in b.status()["trouble"] and b.tree() == tree, b.status()
  b.says("warning", "would delete 5 of 9")
  # Others overtake it, in both directions.
  a.write("other", b"other")
  b.write("back", b"back")
  within(20, lambda: b.read("other") and a.read("back"), "others overtake")
  assert not a.wait(1), "what is held is not acknowledged"
  # It is held again after a restart, and released there.
  b.stop()
  b.start()
  within(20, lambda: b.status()["state"] == "held", "the set is held again")
  assert "may delete 5" in mend(b, "release")
  converge(a, b)
  assert b.read("f1") is None and b.status()["state"] == "idle" and b"1" in b.trash()
  # What is moved is not deleted, and what comes back in time neither.
  os.mkdir(a.path("d"))
  converge(a, b)
  for name in ("f6", "f7", "f8", "f9"):
    os.rename(a.path(name), a.path("d", name))
  converge(a, b)
  a.stop()
  shutil.rmtree(a.path("d"))
  a.start()
  within(20, lambda: b.status()["state"] == "held", "the set is held")
  for name in ("f6", "f7", "f8", "f9"):
    a.write(f"d/{name}", name[1:].encode())
  within(20, lambda: b.status()["state"] == "idle", "it is no deletion any more")
  converge(a, b)


@test("nothing young leaves the trash, whatever its size")
def young_trash(world):
  a, b = world.pair(b={"trash_size": "1 kB"})
  contents = [os.urandom(5000) for _ in range(4)]
  for data in contents:
    a.write("f", data)
    converge(a, b)
  b.stop()
  b.start()
  within(20, b.is_connected, "B has its peer")
  a.write("f", b"last")
  converge(a, b)
  assert sorted(b.trash()) == sorted(contents)
