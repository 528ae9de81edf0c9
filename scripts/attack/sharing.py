"""Files that go from one share of a machine to another."""

import json
import os
import shutil

from node import introduce, read_tree, within
from suite import test
from reusing import random_file

MEBIBYTE = 1 << 20


def nodes_with_two_shares(world, *names, members=None):
  """Running nodes with the shares `share` and `second`; who is in `second`, if not all are."""
  nodes = [world.node(name) for name in names]
  introduce(*nodes)
  for node in nodes:
    if not members or node.name in members:
      node.other_shares = {"second": [n for n in members or names if n != node.name]}
    node.start()
  for node in nodes:
    within(20, lambda: connected(node), f"{node.name} has its peers")
  return nodes


def connected(node):
  return all(peer["connected"] for share in node.all_shares() for peer in share["peers"])


def second(node, *names):
  return os.path.join(node.place, "others", "second", *names)


def sent(node):
  return sum(peer["sent_bytes"] for share in node.all_shares() for peer in share["peers"])


def settle(*nodes):
  """Waits until everything has arrived."""
  for node in nodes:
    for place in [node.share, second(node)][:1 + bool(node.other_shares)]:
      done = node.run("wait", "--timeout", "60", place, seconds=90)
      assert done.returncode == 0, done.stdout + done.stderr


def moved(node, body, *others):
  """Moves something; what is sent because of it."""
  before = sent(node)
  body()
  settle(node, *others)
  cost = sent(node) - before
  print(f"  {cost} bytes", flush=True)
  return cost


@test("a file that is moved to another share isn't sent, whatever its size")
def to_another_share(world):
  a, b = nodes_with_two_shares(world, "A", "B")
  random_file(a.path("film"), 80 * MEBIBYTE, seed=1)
  os.mkdir(a.path("films"))
  for number in range(5):
    random_file(a.path("films", str(number)), MEBIBYTE, seed=2 + number)
  settle(a, b)
  with open(a.path("film"), "rb") as file:
    film = file.read()
  assert moved(a, lambda: os.rename(a.path("film"), second(a, "film")), b) < 2048
  assert moved(a, lambda: os.rename(a.path("films"), second(a, "films")), b) < 4096
  assert not b.tree()
  with open(second(b, "film"), "rb") as file:
    assert file.read() == film
  assert read_tree(os.fsencode(second(a))) == read_tree(os.fsencode(second(b)))
  assert moved(b, lambda: os.rename(second(b, "film"), b.path("film")), a) < 2048
  assert a.read("film") == film


@test("what was moved to another share while nobody ran isn't sent")
def to_another_share_offline(world):
  a, b = nodes_with_two_shares(world, "A", "B")
  # A share that is found empty is held.
  a.write("kept", b"kept")
  random_file(a.path("film"), 40 * MEBIBYTE, seed=1)
  settle(a, b)
  a.stop()
  os.rename(a.path("film"), second(a, "film"))
  a.start()
  within(20, lambda: connected(a), "A has its peer")
  settle(a, b)
  assert sent(a) < 20_000, sent(a)
  assert b.read("film") is None and os.path.getsize(second(b, "film")) == 40 * MEBIBYTE


@test("what is moved to another share is recorded there before it is gone from the one that it was in")
def moved_in_order(world):
  (a,) = nodes_with_two_shares(world, "A")
  random_file(a.path("film"), 800 * MEBIBYTE, seed=1)
  settle(a)
  os.rename(a.path("film"), second(a, "film"))
  gone, polls = False, 0
  while not gone:
    log = json.loads(a.run("log", "--json").stdout)
    done = {(one["share"], item["action"]) for one in log for item in one["items"]}
    gone, polls = ("share", "deleted") in done, polls + 1
    assert ("second", "created") in done or not gone, done
  # That it is read takes longer than to look.
  print(f"  {polls} looks", flush=True)
  assert polls > 1


@test("a copy in another share that has changed since is no source")
def changed_in_the_other_share(world):
  a, b = nodes_with_two_shares(world, "A", "B")
  a.write("kept", b"kept")
  random_file(a.path("film"), 8 * MEBIBYTE, seed=1)
  settle(a, b)
  a.stop()
  os.rename(a.path("film"), second(a, "film"))
  # The index of B knows what is in the trash, and not what somebody does to it.
  os.unlink(b.path("film"))
  assert b.run("wait", "--timeout", "1").returncode == 2
  for directory, _, names in os.walk(b.path(".leftd", "trash")):
    shutil.rmtree(directory, ignore_errors=True)
  a.start()
  within(20, lambda: connected(a), "A has its peer")
  settle(a, b)
  with open(second(a, "film"), "rb") as here, open(second(b, "film"), "rb") as there:
    assert here.read() == there.read()


@test("a peer learns nothing of shares that it is not in")
def not_for_strangers(world):
  # B is in both, C in the first only: what C tells there is no reason to look into the second.
  a, b, c = nodes_with_two_shares(world, "A", "B", "C", members=["A", "B"])
  size = 8 * MEBIBYTE
  random_file(second(a, "secret"), size, seed=1)
  settle(a, b)
  a.stop()
  # Somebody has the same content, and wants to know whether B has it.
  before = sent(c)
  shutil.copyfile(second(b, "secret"), c.path("guess"))
  done = c.run("wait", "--connected", "--timeout", "60", c.share, seconds=90)
  assert done.returncode == 0, done.stdout + done.stderr
  assert sent(c) - before > size
