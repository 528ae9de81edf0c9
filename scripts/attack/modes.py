"""Whose word counts in a share: a preferred node, a source, replicas."""

import os
import shutil
import time

from node import converge, introduce, within
from suite import test


def client_and_server(world, client, server):
  """Two nodes with these settings that never met; each has files of its own, and both have an X."""
  nodes = world.node("client"), world.node("server")
  introduce(*nodes)
  for node, settings, files in zip(nodes, (client, server), (("A", "B"), ("C",))):
    node.settings = settings
    for name in files:
      node.write(name, name.encode())
  nodes[0].write("X", b"X of the client")
  nodes[1].write("X", b"X* of the server")
  for node in nodes:
    node.start()
  for node in nodes:
    within(20, node.is_connected, f"{node.name} has its peer")
  return nodes


def names(node):
  return sorted(name for name in os.listdir(node.share) if name != ".leftd")


def has_joined(client, server, winner):
  """Everything of both is on both, and of X the winner's, with the other beside it."""
  converge(client, server)
  contents = [content for kind, content, *_ in server.tree().values() if kind == "file"]
  assert names(server)[:4] == ["A", "B", "C", "X"] and len(names(server)) == 5, names(server)
  assert server.read("X") == winner, server.read("X")
  assert {b"X of the client", b"X* of the server"} <= set(contents), contents


@test("mode 0: the union of both, and the client's content wins")
def union_client(world):
  settings = {"prefer": "client"}
  has_joined(*client_and_server(world, settings, settings), b"X of the client")


@test("mode 1: the union of both, and the server's content wins")
def union_server(world):
  settings = {"prefer": "server"}
  has_joined(*client_and_server(world, settings, settings), b"X* of the server")


@test("mode 2: the client overwrites the server")
def client_overwrites(world):
  client, server = client_and_server(world, {"mode": "source"}, {"mode": "two-way"})
  within(30, lambda: names(server) == ["A", "B", "X"], "the server has what the client has")
  converge(client, server)
  assert names(client) == ["A", "B", "X"] and client.read("X") == b"X of the client"
  assert set(server.trash()) >= {b"X* of the server"}, server.trash()


@test("mode 3: the server overwrites the client")
def server_overwrites(world):
  client, server = client_and_server(world, {"mode": "two-way"}, {"mode": "source"})
  within(30, lambda: names(client) == ["C", "X"], "the client has what the server has")
  converge(client, server)
  assert names(server) == ["C", "X"] and server.read("X") == b"X* of the server"
  assert set(client.trash()) >= {b"A", b"B", b"X of the client"}, client.trash()


@test("what others change is put back from the source, and lies in their trash")
def put_back(world):
  a, b = world.pair(a={"mode": "source"})
  for name in ("one", "two", "d/three", "d/e/four"):
    a.write(name, name.encode())
  converge(a, b)
  before = a.tree(times=True)
  b.write("one", b"edited on B")
  b.write("new", b"new on B")
  os.unlink(b.path("two"))
  os.rename(b.path("d/e"), b.path("moved"))
  within(30, lambda: b.tree(times=True) == before, "B is as the source again")
  converge(a, b, times=True)
  assert a.tree(times=True) == before, "the source was changed"
  shutil.rmtree(b.path("d"))
  within(30, lambda: b.tree(times=True) == before, "B is as the source again")
  assert set(b.trash()) >= {b"edited on B", b"new on B"}, b.trash()
  a.write("one", b"edited on A")
  converge(a, b, times=True)
  assert b.read("one") == b"edited on A"


@test("a replica tells nothing, and takes what is new, with its own in the trash")
def replica(world):
  a, b = world.pair(b={"mode": "replica"})
  a.write("one", b"one")
  a.write("two", b"two")
  converge(a, b)
  b.write("one", b"edited on the replica")
  b.write("own", b"made on the replica")
  assert b.wait()
  time.sleep(0.3)
  assert names(a) == ["one", "two"] and a.read("one") == b"one"
  assert b.read("one") == b"edited on the replica"
  a.write("one", b"one, second edition")
  within(20, lambda: b.read("one") == b"one, second edition", "the replica takes what is new")
  assert b"edited on the replica" in b.trash(), b.trash()
  assert names(b) == ["one", "own", "two"], names(b)
  # Also after a restart nothing of it is told.
  b.kill()
  b.start()
  within(20, b.is_connected, "B has its peer")
  assert b.wait()
  assert names(a) == ["one", "two"], names(a)


@test("two sources, or another preference, exchange nothing and say why")
def disagreement(world):
  for first, second, words in (
      ({"mode": "source"}, {"mode": "source"}, ("second source",)),
      ({"prefer": "newest"}, {"prefer": "L"}, ("prefer", "set both alike"))):
    a, b = world.node("K"), world.node("L")
    introduce(a, b)
    a.settings, b.settings = first, second
    for node in (a, b):
      node.start()
    a.write("one", b"one")
    a.says(*words)
    b.says(*words)
    assert b.read("one") is None, "something was exchanged"
    for node in (a, b):
      node.stop()
    world.nodes.clear()
    shutil.rmtree(a.place)
    shutil.rmtree(b.place)
