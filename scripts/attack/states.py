"""Shares and states that are gone, damaged, or somebody else's."""

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import time

from node import converge, within
from suite import test

INDEX = "index-share.sqlite"


def filled(world):
  """Two nodes with the same files, and what these are."""
  a, b = world.pair()
  for number in range(5):
    a.write(f"sub/{number}", b"file %d" % number)
  a.write("top", b"top")
  converge(a, b)
  return a, b, a.tree()


def is_held(node):
  status = node.status()
  return status["state"] == "held" and status["trouble"]


def untouched(node, tree, seconds=2):
  """Whether a node keeps what it has for a while, in which a deletion would arrive."""
  end = time.monotonic() + seconds
  while time.monotonic() < end:
    assert node.tree() == tree, f"{node.name} lost something: {sorted(node.tree())}"
    time.sleep(0.2)


@test("a share whose folder is renamed away is held, and nothing is deleted elsewhere")
def renamed_away(world):
  a, b, tree = filled(world)
  os.rename(a.share, os.path.join(world.directory("aside"), "share"))
  within(15, lambda: is_held(a), "the share is held")
  a.says("error", "held", "renamed")
  untouched(b, tree)
  b.write("meanwhile", b"written meanwhile")
  assert not os.path.exists(a.share), "the folder was made anew"
  assert a.stop() == 0
  sentence = a.refuses_to_start()
  assert "there is no directory" in sentence and "Make it" in sentence, sentence
  os.rename(os.path.join(world.path, "aside", "share"), a.share)
  a.start()
  converge(a, b)
  assert a.read("meanwhile") == b"written meanwhile"


@test("a share that is found empty at the start is held, and nothing is deleted elsewhere")
def emptied(world):
  a, b, tree = filled(world)
  assert a.stop() == 0
  shutil.rmtree(a.share)
  os.mkdir(a.share)
  a.start()
  within(15, lambda: is_held(a), "the share is held")
  a.says("error", "held", "found empty", "mount it")
  untouched(b, tree)
  assert a.stop() == 0
  # What is to be done if it is to be empty: then everything comes back from the peer.
  for name in os.listdir(a.state):
    if name.startswith(INDEX):
      os.rename(os.path.join(a.state, name), os.path.join(world.directory("aside"), name))
  a.start()
  within(30, lambda: a.tree() == tree, "everything comes back")
  converge(a, b)


@test("a share that is unmounted while it runs is held, and nothing is deleted elsewhere")
def unmounted(world):
  share = world.directory("A", "share")
  world.mount(share, "-t", "tmpfs", "-o", "size=16m", "tmpfs")
  a, b, tree = filled(world)
  subprocess.run(["umount", "-l", share], check=True, timeout=30)
  time.sleep(0.5)
  b.write("meanwhile", b"meanwhile")
  untouched(b, tree | {b"meanwhile": b.tree()[b"meanwhile"]})
  assert a.stop() == 0
  a.start()
  within(15, lambda: is_held(a), "the share is held")
  untouched(b, tree | {b"meanwhile": b.tree()[b"meanwhile"]}, seconds=1)
  assert os.listdir(share) in ([], [".leftd"]), "something was put beneath the mount point"


@test("an index of another node is refused and left as it is")
def anothers_index(world):
  a, b, tree = filled(world)
  for node in (a, b):
    assert node.stop() == 0
  shutil.copy(os.path.join(b.state, "key.pem"), os.path.join(a.state, "key.pem"))
  refuses_and_keeps(a, "another node")
  assert a.tree() == tree


@test("two daemons do not share a state directory")
def one_state(world):
  a, _, tree = filled(world)
  twin = world.node("C")
  twin.state = a.state
  sentence = twin.refuses_to_start()
  assert "already running" in sentence and str(a.process.pid) in sentence, sentence
  assert "--state" in sentence, sentence
  assert a.tree() == tree and a.is_connected()


@test("a replaced key is a stranger's, until it is paired")
def replaced_key(world):
  a, b, tree = filled(world)
  assert b.stop() == 0
  for name in os.listdir(b.state):
    os.remove(os.path.join(b.state, name))
  b.start()
  a.says("is not paired")
  b.write("new", b"from a stranger")
  untouched(a, tree)
  assert not a.is_connected()


def files_of(directory):
  found = {}
  for name in sorted(os.listdir(directory)):
    # The lock names the last process, and the socket is no file.
    if name not in ("leftd.lock", "leftd.sock"):
      with open(os.path.join(directory, name), "rb") as file:
        found[name] = file.read()
  return found


def refuses_and_keeps(node, *words):
  """The node refuses its state with a sentence, and leaves every byte of it as it was."""
  before, tree = files_of(node.state), node.tree()
  sentence = node.refuses_to_start()
  assert all(word in sentence for word in words), f"not {words} in: {sentence}"
  assert INDEX in sentence, f"the file is not named: {sentence}"
  assert "move" in sentence.lower(), f"what to do is not said: {sentence}"
  assert files_of(node.state) == before, "the refused state was changed"
  assert node.tree() == tree


@test("a damaged index is refused and left as it is; moved aside, it is built anew")
def damaged(world):
  a, b, tree = filled(world)
  assert a.stop() == 0
  path = os.path.join(a.state, INDEX)
  with open(path, "rb") as file:
    whole = file.read()
  source = random.Random(1)
  damages = {
    "all of it": source.randbytes(len(whole)),
    "all but its first page": whole[:4096] + source.randbytes(len(whole) - 4096),
    "cut in half": whole[: len(whole) // 2 // 4096 * 4096],
    "its first page's table": whole[:100] + source.randbytes(3996) + whole[4096:],
    "a text": b"This is no database at all.\n" * 400,
  }
  for what, data in damages.items():
    with open(path, "wb") as file:
      file.write(data)
    print(f"  damaged: {what}", flush=True)
    refuses_and_keeps(a)
  os.rename(path, os.path.join(world.directory("aside"), INDEX))
  a.start()
  converge(a, b)
  assert a.tree() == tree and b.tree() == tree, "a conflict out of equal contents"


@test("who loses index and files, but not the key, gets everything again")
def lost_but_for_the_key(world):
  a, b, tree = filled(world)
  b.write("from b", b"made here")
  converge(a, b)
  tree = b.tree()
  assert b.stop() == 0
  for name in os.listdir(b.state):
    if name.startswith("index"):
      os.unlink(os.path.join(b.state, name))
  aside = world.directory("aside")
  for name in os.listdir(b.share):
    os.rename(os.path.join(b.share, name), os.path.join(aside, name))
  b.start()
  converge(a, b)
  assert a.tree() == tree and b.tree() == tree, "not everything came back"


@test("an index of a newer leftd is refused and left as it is")
def newer(world):
  a, b, tree = filled(world)
  assert a.stop() == 0
  path = os.path.join(a.state, INDEX)
  database = sqlite3.connect(path)
  version = database.execute("PRAGMA user_version").fetchone()[0]
  database.execute(f"PRAGMA user_version = {version + 1}")
  database.close()
  refuses_and_keeps(a, "newer leftd")
  database = sqlite3.connect(path)
  database.execute(f"PRAGMA user_version = {version}")
  database.close()
  a.start()
  converge(a, b)
  assert b.tree() == tree


@test("who stops leaves no change that a power cut could take")
def secured(world):
  a = world.node("A")
  a.start()
  a.write("f", b"f")
  assert a.wait(20)
  a.stop()
  with contextlib.closing(sqlite3.connect(os.path.join(a.state, INDEX))) as base:
    ((sequence, flushed, boot),) = base.execute("SELECT sequence, secured, boot FROM meta")
  assert flushed == sequence > 0 and boot > 0, (sequence, flushed, boot)
