"""What `leftd plan` says before two full trees meet, and what comes of it."""

import json
import os
import re
import shutil
import time

from node import converge, introduce, within
from suite import test


def forecast(node, *path, count=None):
  """What the plan says of the only peer, once so many changes are announced."""
  def told():
    done = node.run("plan", "--json", *path)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    enough = found["connected"] and found["complete"]
    return found if enough and (count is None or found["announced"] >= count) else None
  return within(20, told, "the peer has announced what it has")


def of(plan, side):
  return {(item["kind"], item["path"] + "/" * item["directory"]) for item in plan["items"]
          if item["side"] == side}


def fill(a, b):
  """Two trees that differ in every way that a first meeting can bring."""
  for node in (a, b):
    node.write("same/file", b"equal on both")
    os.utime(node.path("same/file"), ns=(10**18, 10**18))
  a.write("only-a/deep/x", b"12345")
  b.write("only-b/y", b"123")
  b.write("photos/b.jpg", b"b" * 1000)
  a.write("photos/a.jpg", b"a" * 2000)
  a.write("edited/report.txt", b"as A has it")
  b.write("edited/report.txt", b"as B has it, later")
  os.utime(a.path("edited/report.txt"), ns=(10**18, 10**18))
  os.utime(b.path("edited/report.txt"), ns=(2 * 10**18 - 10**17, 10**18 + 10**9))


@test("a plan says what becomes of two full trees, and then it does")
def two_trees(world):
  a, b = world.node("A"), world.node("B")
  introduce(a, b)
  fill(a, b)
  a.start()
  paused = a.run("pause", "--plan")
  assert paused.returncode == 0, paused.stderr
  b.start()
  within(20, a.is_connected, "A has its peer")
  before = a.tree(), b.tree()
  plan = forecast(a, count=8)
  here, there = of(plan, "here"), of(plan, "there")
  conflict = {path for kind, path in here if kind == "conflict"}
  assert len(conflict) == 1 and next(iter(conflict)).startswith("edited/report.conflict-"), here
  assert here == {
    ("created", "only-b/"), ("created", "only-b/y"), ("created", "photos/b.jpg"),
    ("replaced", "edited/report.txt")} | {("conflict", path) for path in conflict}, here
  assert there == {
    ("created", "only-a/"), ("created", "only-a/deep/"), ("created", "only-a/deep/x"),
    ("created", "photos/a.jpg")} | {("conflict", path) for path in conflict}, there
  totals = {(total["side"], total["kind"]): total for total in plan["totals"]}
  assert totals["here", "created"]["bytes"] == 1003, totals
  assert totals["there", "created"]["files"] == 2, totals
  assert of(forecast(a, a.path("photos")), "here") == {("created", "photos/b.jpg")}
  said = a.run("plan").stdout
  assert "kept as a conflict" in said and f"on {b.id[:7]}" in said, said
  time.sleep(1)
  assert (a.tree(), b.tree()) == before, "nothing has happened yet"
  assert a.status()["state"] == "idle" and a.status()["peers"][0]["heard"], a.status()
  waited = a.run("wait", "--timeout", "1")
  assert waited.returncode == 2 and "which is paused" in waited.stderr, waited
  # What changes meanwhile is in the next plan.
  a.write("only-a/late", b"1")
  within(10, lambda: ("created", "only-a/late") in of(forecast(a), "there"), "the late one")
  assert b.read("only-a/late") is None
  # A restart forgets nothing.
  a.stop()
  a.start()
  within(20, a.is_connected, "A has its peer")
  assert of(forecast(a, count=8), "here") == here and (b.tree()) == before[1]
  assert a.run("resume").returncode == 0
  converge(a, b)
  assert conflict <= {path.decode() for path in a.tree()}, a.tree().keys()
  for kind, path in here | there:
    assert os.path.exists(b.path(path)), path
  assert "no peer is paused" in a.run("plan").stderr


@test("a plan says what becomes of two trees that meet again")
def again(world):
  a, b = world.pair()
  a.write("gone/one", b"1")
  a.write("gone/two", b"2")
  a.write("edited", b"first")
  a.write("moved/inside", b"stays")
  converge(a, b)
  assert a.run("pause", "--plan").returncode == 0
  shutil.rmtree(b.path("gone"))
  b.write("edited", b"second, longer")
  os.rename(b.path("moved"), b.path("elsewhere"))
  a.write("new", b"of A")
  within(10, lambda: len(forecast(a)["items"]) >= 6, "all is announced")
  plan = forecast(a)
  assert of(plan, "here") == {
    ("deleted", "gone/"), ("deleted", "gone/one"), ("deleted", "gone/two"),
    ("replaced", "edited"), ("moved", "elsewhere/")}, plan
  (moved,) = [item for item in plan["items"] if item["kind"] == "moved"]
  assert moved["from"] == "moved", moved
  assert of(plan, "there") == {("sent", "new")}, plan
  assert a.read("gone/one") == b"1" and b.read("new") is None
  assert a.run("resume").returncode == 0
  converge(a, b)
  assert a.read("edited") == b"second, longer" and a.read("gone/one") is None


@test("who joins with a plan exchanges nothing before it goes on")
def joining(world):
  a, b = world.node("A"), world.node("B")
  a.write("of-a", b"a")
  b.write("of-b", b"b")
  for node in (a, b):
    node.start()
  code = re.search(r"[a-z2-7]{4}(-[a-z2-7]{4}){4}", a.run("invite").stdout).group()
  joined = b.run("join", "--plan", f"127.0.0.1:{a.port}", code)
  assert joined.returncode == 0, joined.stdout + joined.stderr
  within(20, b.is_connected, "B has its peer")
  plan = forecast(b, count=1)
  assert of(plan, "here") == {("created", "of-a")} and of(plan, "there") == {("created", "of-b")}
  time.sleep(0.5)
  assert b.read("of-a") is None and a.read("of-b") is None
  assert b.run("resume").returncode == 0
  converge(a, b)
  assert a.read("of-b") == b"b" and b.read("of-a") == b"a"
