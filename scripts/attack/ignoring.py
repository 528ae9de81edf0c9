"""What is ignored: it stays where it is, goes nowhere, and is never lost."""

import os
import shutil
import time

from node import converge, introduce, within
from suite import test


def names(node):
  """The paths of everything in the share, as text."""
  return {os.fsdecode(path) for path in node.tree()}


def settle(*nodes):
  """Waits until everything written until now is everywhere."""
  for node in nodes:
    assert node.wait(), f"{node.name} waits in vain"


def remains(node, *paths):
  """Asserts that these paths are there, now and a little later."""
  for _ in range(2):
    missing = set(paths) - names(node)
    assert not missing, f"{node.name} has lost {missing}"
    time.sleep(0.2)


def lacks(node, *paths):
  """Asserts that these paths aren't there, now and a little later."""
  for _ in range(2):
    there = set(paths) & names(node)
    assert not there, f"{node.name} has got {there}"
    time.sleep(0.2)


@test("what a .leftignore file names stays on its machine, everything else goes")
def rules_are_kept(world):
  a, b = world.pair()
  a.write(".leftignore", b"*.o\nbuild/\n!keep.o\n/only\n")
  a.write("x.o", b"o")
  a.write("keep.o", b"k")
  a.write("build/deep/out", b"out")
  a.write("only", b"1")
  a.write("d/only", b"2")
  a.write("d/.leftignore", b"!special.o\n*.tmp\n")
  a.write("d/special.o", b"s")
  a.write("d/e/y.tmp", b"t")
  a.write("d/e/y", b"y")
  settle(a, b)
  expected = {".leftignore", "keep.o", "d", "d/only", "d/.leftignore", "d/special.o", "d/e", "d/e/y"}
  assert names(b) == expected, f"B has {sorted(names(b))}"
  # The rules have come along: what B makes of that kind stays there, too.
  b.write("z.o", b"z")
  b.write("build/mine", b"m")
  b.write("plain", b"p")
  settle(b, a)
  lacks(a, "z.o", "build/mine")
  remains(a, "plain", "build/deep/out")


@test("becoming ignored deletes nothing anywhere, and coming back is a first pairing")
def there_and_back(world):
  a, b = world.pair()
  for name in ("same", "mine", "theirs", "gone", "d/inner"):
    a.write("box/" + name, name.encode())
  a.write("beside", b"beside")
  converge(a, b)
  a.write(".leftignore", b"box\n")
  settle(a, b)
  everything = {"box/" + name for name in ("same", "mine", "theirs", "gone", "d/inner")}
  remains(a, *everything)
  remains(b, *everything)
  # From now on each has its own.
  a.write("box/mine", b"changed by A")
  b.write("box/mine", b"changed by B")
  a.write("box/theirs", b"only A changed it")
  os.unlink(b.path("box/gone"))
  b.write("box/d/new", b"new on B")
  a.write("beside", b"still synced")
  settle(a, b)
  assert b.read("beside") == b"still synced"
  assert a.read("box/gone") == b"gone" and a.read("box/d/new") is None
  assert b.read("box/theirs") == b"theirs" and b.read("box/mine") == b"changed by B"
  # Nobody minds any more: both contents are kept, and nothing is deleted.
  os.unlink(a.path(".leftignore"))
  within(30, lambda: a.read("box/d/new") and b.read("box/gone"), "each gets what the other has")
  converge(a, b)
  box = {text for path, (kind, *text) in
         ((os.fsdecode(path), found) for path, found in a.tree().items())
         if path.startswith("box/") and kind == "file" for text in text[:1]}
  expected = {b"same", b"changed by A", b"changed by B", b"only A changed it", b"gone", b"d/inner",
              b"new on B"}
  assert expected <= box, f"lost: {expected - box}"


@test("what a machine ignores by itself it neither gets, deletes nor waits for")
def machine_local(world):
  a, b = world.node("A"), world.node("B")
  introduce(a, b)
  b.options = ["--ignore", "*.iso", "--ignore", "/media"]
  a.start()
  b.start()
  b.write("own.iso", b"B's own")
  a.write("film.iso", b"film")
  a.write("media/deep/song", b"song")
  a.write("text", b"text")
  settle(a, b)
  assert names(b) == {"text", "own.iso"}, f"B has {sorted(names(b))}"
  lacks(a, "own.iso")
  # Who waits hears that B doesn't hold the film, the two directories and the song.
  waited = a.run("wait")
  assert waited.returncode == 0 and "does not hold 4 things of share share" in waited.stderr, waited
  assert a.status()["peers"][0]["not_held"] == 4 == b.status()["not_held"]
  assert "unless it is among the 4 things" in a.run("explain", a.path("film.iso")).stdout
  assert b.run("wait").stderr == "", "A holds everything"
  # Directories that B only knows of change, come and go.
  a.write("media/deep/more", b"more")
  os.rename(a.path("media/deep"), a.path("media/shallow"))
  a.write("media/shallow/again", b"again")
  settle(a, b)
  lacks(b, "media")
  os.rename(a.path("media/shallow"), a.path("shallow"))
  within(30, lambda: b.read("shallow/again") == b"again", "what is ignored no longer comes")
  settle(a, b)
  assert b.read("shallow/song") == b"song" and b.read("shallow/more") == b"more"
  os.rename(a.path("shallow"), a.path("media/shallow"))
  settle(a, b)
  lacks(b, "shallow", "media")
  remains(a, "media/shallow/song", "film.iso")
  # Without the option it gets everything; what it has itself goes there.
  b.stop()
  b.options = []
  b.start()
  within(30, lambda: b.read("film.iso") == b"film", "B gets what it ignored")
  within(30, lambda: a.read("own.iso") == b"B's own", "A gets what B ignored")
  converge(a, b)


@test("a directory deleted there stays here as long as it holds what is ignored")
def remainder(world):
  a, b = world.pair()
  a.write(".leftignore", b"*.o\n")
  a.write("proj/src/x.c", b"c")
  a.write("proj/.leftignore", b"build/\n")
  a.write("empty/y", b"y")
  converge(a, b)
  b.write("proj/build/out", b"B's output")
  b.write("proj/src/x.o", b"B's object")
  b.write("marker", b"m")
  settle(b, a)
  shutil.rmtree(a.path("proj"))
  shutil.rmtree(a.path("empty"))
  settle(a, b)
  within(20, lambda: b.read("proj/src/x.c") is None, "the deletion is applied")
  left = {"proj", "proj/.leftignore", "proj/build", "proj/build/out", "proj/src", "proj/src/x.o"}
  remains(b, *left)
  lacks(b, "proj/src/x.c", "empty")
  # Neither a change of what is ignored nor a restart brings it back to the other.
  b.write("proj/build/out", b"B's second output")
  b.write("proj/src/z.o", b"z")
  settle(b, a)
  lacks(a, "proj")
  b.stop()
  b.start()
  within(20, b.is_connected, "B is back")
  settle(b, a)
  lacks(a, "proj")
  assert b.read("proj/build/out") == b"B's second output"
  assert b.read("proj/src/x.o") == b"B's object"
  # Something that isn't ignored does.
  b.write("proj/src/new.c", b"new")
  settle(b, a)
  assert a.read("proj/src/new.c") == b"new"
  lacks(a, "proj/build", "proj/src/x.o")


@test("rules that are written while the daemon is away are in force when it is back")
def rules_at_start(world):
  a, b = world.pair()
  a.write("cache/one", b"1")
  a.write("keep", b"k")
  converge(a, b)
  a.stop()
  a.write(".leftignore", b"cache/\n")
  a.write("cache/two", b"2")
  a.start()
  settle(a, b)
  remains(a, "cache/one", "cache/two")
  remains(b, "cache/one", "keep")
  lacks(b, "cache/two")
  a.stop()
  os.unlink(a.path(".leftignore"))
  a.start()
  within(30, lambda: b.read("cache/two") == b"2", "what is ignored no longer comes")
  converge(a, b)


@test("what is ignored is not watched, and is again when the rules say so")
def watches(world):
  a, b = world.pair()

  def watched():
    count = 0
    for name in os.listdir(f"/proc/{a.process.pid}/fdinfo"):
      with open(f"/proc/{a.process.pid}/fdinfo/{name}") as file:
        count += sum(line.startswith("inotify") for line in file)
    return count

  a.write(".leftignore", b"many/\n")
  settle(a, b)
  before = watched()
  for number in range(50):
    a.write(f"many/{number}/x", b"x")
  settle(a, b)
  assert watched() == before, f"{watched() - before} watches on what is ignored"
  a.stop()
  a.start()
  within(20, a.is_connected, "A is back")
  settle(a, b)
  assert watched() == before, f"{watched() - before} watches on what is ignored at a start"
  a.write(".leftignore", b"# nothing\n")
  within(30, lambda: b.read("many/49/x") == b"x", "what is ignored no longer comes")
  settle(a, b)
  assert watched() == before + 51, f"{watched() - before} instead of 51 watches"
  a.write("many/7/later", b"later")
  settle(a, b)
  assert b.read("many/7/later") == b"later"


@test("explain says why something is or isn't on the other machines")
def explain(world):
  a, b = world.pair()

  def answer(path, *words):
    done = a.run("explain", path)
    assert done.returncode == 0, done.stderr
    missing = [word for word in words if word not in done.stdout]
    assert not missing, f"{path}: {missing} not in\n{done.stdout}"
    return done.stdout

  a.write(".leftignore", b"# built\nbuild/\n*.o\n!keep.o\n")
  a.write("build/out", b"out")
  a.write("keep.o", b"k")
  a.write("gone", b"g")
  a.write("d/both", b"both")
  os.mkfifo(a.path("fifo"))
  settle(a, b)
  os.unlink(a.path("gone"))
  settle(a, b)
  answer(a.path("build", "out"), "not synced: it is ignored",
         "line 2 of .leftignore ignores build: build/", "a file of 3 bytes")
  answer(a.path("keep.o"), "synced: every peer has it", "line 4 of .leftignore keeps keep.o: !keep.o",
         "1 bytes, by", "has it\n")
  answer(a.path("d"), "synced: every peer has it", "a directory")
  answer(a.path("gone"), "deleted: every peer knows", "nothing")
  answer(a.path("never"), "nothing is there, and nothing is known of it")
  answer(a.path("fifo"), "not synced: it is neither file, directory nor symbolic link")
  os.unlink(a.path("fifo"))
  answer(a.path(".leftd", "trash"), "not synced: it is leftd's own")
  answer(world.outside, "not synced: it lies in no share", a.share)
  answer(a.share, "synced: it is the folder of share share itself")
  with open(a.path("open"), "wb") as file:
    file.write(b"written")
    file.flush()
    answer(a.path("open"), "it is new, and somebody may still be writing to it")
  settle(a, b)
  b.stop()
  a.write("d/both", b"A's")
  within(20, lambda: "not yet on" in a.run("explain", a.path("d/both")).stdout, "A has recorded it")
  answer(a.path("d/both"), "on its way: not yet on", "does not have it yet (not connected)")
  b.write("d/both", b"B's, longer")
  b.start()
  within(20, lambda: len(os.listdir(a.path("d"))) == 2 == len(os.listdir(b.path("d"))),
         "both keep both")
  settle(a, b)
  copy = next(name for name in os.listdir(a.path("d")) if ".conflict-" in name)
  answer(a.path("d", copy), "synced: every peer has it", "the loser of a conflict")
  a.stop()
  assert a.run("explain", a.path("d")).returncode == 1, "explained by nobody"
  a.start()


@test("a source that ignores something deletes nothing of that kind elsewhere")
def ignoring_source(world):
  a, b = world.node("A"), world.node("B")
  introduce(a, b)
  a.settings = {"mode": "source", "ignore": "/media"}
  a.start()
  b.start()
  b.write("media/deep/song", b"song")
  b.write("stray", b"stray")
  a.write("kept", b"kept")
  within(30, lambda: b.read("kept") == b"kept" and b.read("stray") is None, "the source rules")
  settle(a, b)
  remains(b, "media/deep/song")
  lacks(a, "media", "stray")
