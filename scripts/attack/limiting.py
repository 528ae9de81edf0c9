"""Limits of the rate, and pauses: nothing more goes over the wire than was allowed."""

import os
import random
import signal
import time

from node import converge, introduce, within
from suite import test

RATE = 1_000_000


def limited(world, key, value, who=0):
  """Two connected nodes, one of them with a limit."""
  nodes = world.node("A"), world.node("B")
  introduce(*nodes)
  nodes[who].node_settings = {key: value}
  for node in nodes:
    node.start()
  for node in nodes:
    within(20, node.is_connected, f"{node.name} has its peer")
  return nodes


def noise(count):
  return random.Random(1).randbytes(count)


def rate_over(node, counter, seconds):
  """Bytes a second on the wire, over so many seconds of a transfer that is under way."""
  within(20, lambda: node.total(counter) > 300_000, "the transfer is under way")
  began, before = time.monotonic(), node.total(counter)
  time.sleep(seconds)
  return (node.total(counter) - before) / (time.monotonic() - began)


def check_rate(measured, wanted):
  ratio = measured / wanted
  print(f"  {measured / 1000:.0f} kB/s, {ratio:.3f} of the limit", flush=True)
  # The machine may be busy: less can be its fault, more cannot.
  assert 0.8 <= ratio <= 1.05, f"{ratio:.3f} of the limit"


def unread_bytes(node):
  """What the kernel has received for a node that it has not taken yet; see proc_pid_net(5)."""
  descriptors = f"/proc/{node.process.pid}/fd"
  sockets = {os.readlink(f"{descriptors}/{number}") for number in os.listdir(descriptors)}
  count = 0
  with open(f"/proc/{node.process.pid}/net/tcp") as file:
    for line in list(file)[1:]:
      fields = line.split()
      # Of one that listens it is the number of those who wait.
      if f"socket:[{fields[9]}]" in sockets and fields[3] == "01":
        count += int(fields[4].split(":")[1], 16)
  return count


@test("limit: what is sent keeps to the configured rate, and a small file goes ahead")
def sending(world):
  a, b = limited(world, "up", "1M")
  a.write("large", noise(9_000_000))
  check_rate(rate_over(a, "sent_bytes", 4), RATE)
  (peer,) = a.status()["peers"]
  assert peer["sent_limit"] == RATE and peer["received_limit"] == 0, peer
  assert 0.7 * RATE < peer["sent_rate"] < 1.2 * RATE, f"{peer['sent_rate']} B/s"
  assert "at most 1.00 MB/s" in a.run("status").stdout
  (other,) = b.status()["peers"]
  assert 0.7 * RATE < other["received_rate"] < 1.2 * RATE, f"{other['received_rate']} B/s"
  began = time.monotonic()
  a.write("small", b"small")
  within(10, lambda: b.read("small") == b"small", "the small file arrives")
  took = time.monotonic() - began
  print(f"  the small file took {took * 1000:.0f} ms", flush=True)
  assert b.read("large") is None, "the large one was there first"
  assert took < 2, f"the small file took {took:.1f} s"
  converge(a, b)


@test("limit: what is received keeps to the configured rate")
def receiving(world):
  a, b = limited(world, "down", "1M", who=1)
  a.write("large", noise(8_000_000))
  check_rate(rate_over(b, "received_bytes", 4), RATE)
  # Less on the wire is what the limit is for: the kernel takes no more ahead than it must.
  ahead = unread_bytes(b)
  print(f"  {ahead / 1000:.0f} kB wait in the kernel", flush=True)
  assert 0 < ahead < RATE / 2, f"{ahead} bytes wait in the kernel"
  converge(a, b)


@test("limit: another rate holds after a reload, and by time of day")
def schedule(world):
  a, b = limited(world, "up", "100k 00:00-24:00, 10M")
  a.write("large", noise(4_000_000))
  check_rate(rate_over(a, "sent_bytes", 4), 100_000)
  a.node_settings = {"up": "100k 00:00-00:00, unlimited"}
  a._configuration()
  a.process.send_signal(signal.SIGHUP)
  a.says("configuration read again")
  check_rate(rate_over(a, "sent_bytes", 3), 100_000)
  a.node_settings = {"up": "unlimited"}
  a._configuration()
  a.process.send_signal(signal.SIGHUP)
  within(10, lambda: b.read("large") is not None, "the rest comes without a limit")
  converge(a, b)


@test("limit: a node with limits that has nothing to do is silent")
def silent(world):
  a, b = limited(world, "up", "1M")
  a.write("x", noise(2_000_000))
  converge(a, b)
  time.sleep(2)
  before = wakeups(a)
  time.sleep(5)
  assert wakeups(a) == before, f"{wakeups(a) - before} wake-ups"


def wakeups(node):
  count = 0
  for thread in os.listdir(f"/proc/{node.process.pid}/task"):
    with open(f"/proc/{node.process.pid}/task/{thread}/status") as file:
      count += sum(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt"))
  return count


def command(node, *words):
  done = node.run(*words)
  assert done.returncode == 0, done
  return done.stdout


def peer(node):
  return node.status()["peers"][0]


@test("pause: nothing goes either way, both sides say why, and all of it goes on",
      waits=True)
def pausing(world):
  a, b = world.pair()
  a.node_settings = {"up": "unlimited"}
  a.stop()
  a.start()
  within(20, lambda: a.is_connected() and b.is_connected(), "they are connected")
  a.write("before", b"before")
  converge(a, b)
  assert "share: B is paused until 'leftd resume'" in command(a, "pause", "B")
  within(10, lambda: not peer(b)["connected"], "B notices")
  a.write("from-a", b"a")
  b.write("from-b", b"b")
  assert not a.wait(2) and not b.wait(2)
  # Whatever B does meanwhile costs next to nothing.
  sent = b.total("sent_bytes") + b.total("received_bytes")
  time.sleep(4)
  assert b.total("sent_bytes") + b.total("received_bytes") - sent < 10_000
  assert b.read("from-a") is None and a.read("from-b") is None
  assert a.status()["sequence"] > 0 and peer(a)["paused"] and peer(a)["paused_until"] == 0
  assert "is paused there" in peer(b)["trouble"], peer(b)
  said = a.run("wait", "--timeout", "1")
  assert said.returncode == 2 and "B, which is paused until 'leftd resume'" in said.stderr, said
  began = time.monotonic()
  assert "share: B goes on" in command(a, "resume", "share")
  converge(a, b)
  assert time.monotonic() - began < 10
  assert "Nothing is paused" in command(a, "resume")


@test("pause: one that began outlives a restart of either side, also in mid-transfer",
      waits=True)
def restarting(world):
  a, b = limited(world, "up", "1M")
  data = noise(6_000_000)
  a.write("large", data)
  within(20, lambda: a.total("sent_bytes") > 1_000_000, "the transfer is under way")
  command(a, "pause", "share")
  time.sleep(0.5)
  sent = a.total("sent_bytes")
  time.sleep(1.5)
  assert a.total("sent_bytes") - sent < 20_000, "a paused transfer goes on"
  a.kill()
  a.start()
  b.stop()
  b.start()
  time.sleep(2)
  assert peer(a)["paused"] and not peer(a)["connected"]
  assert a.total("sent_bytes") < 20_000 and b.read("large") is None
  command(a, "resume", "B")
  converge(a, b)
  assert b.read("large") == data


@test("pause: one with a time ends by itself, running or not",
      waits=True)
def expiring(world):
  a, b = world.pair()
  name = peer(a)["name"]
  said = command(a, "pause", "--for", "4s")
  assert f"{name} is paused until 20" in said, said
  a.write("x", b"x")
  assert 0 < peer(a)["paused_until"] - time.time() < 6, peer(a)
  time.sleep(2)
  assert b.read("x") is None
  within(10, lambda: b.read("x") == b"x", "the pause is over")
  a.says("The pause of", "is over")
  converge(a, b)
  assert not peer(a)["paused"]
  command(a, "pause", "--for", "2s")
  a.write("y", b"y")
  a.stop()
  time.sleep(2.5)
  a.start()
  converge(a, b)


@test("pause: only what is named, and names that are unknown or mean two things are refused")
def naming(world):
  a, b = world.node("A"), world.node("share")
  introduce(a, b)
  a.node_settings = b.node_settings = {"up": "unlimited"}
  a.start()
  b.start()
  within(20, lambda: a.is_connected() and b.is_connected(), "they are connected")
  for words, sentence in (
      (("pause", "nobody"), "there is no share or peer 'nobody' here"),
      (("resume", "nobody"), "There are: share, share"),
      (("pause", "peer:A"), "there is no share or peer 'peer:A' here"),
      (("pause", "share"), "'share' is both a share and a peer")):
    done = a.run(*words)
    assert done.returncode == 1 and sentence in done.stderr, done
  assert a.run("pause", "--for", "2 weeks").returncode == 64
  command(a, "pause", "share:share")
  assert peer(a)["paused"]
  command(a, "resume", "peer:share")
  converge(a, b)


@test("pause: a file that says what is paused and can't be read stops the start")
def broken(world):
  a, _ = world.pair()
  a.stop()
  with open(os.path.join(a.state, "paused"), "w") as file:
    file.write("nonsense\n")
  assert "does not say what is paused" in a.refuses_to_start()
  os.remove(os.path.join(a.state, "paused"))
  a.start()


@test("limit: a limit of the node is shared by its peers, and one of a peer is its own")
def sharing(world):
  a, b, c = world.node("A"), world.node("B"), world.node("C")
  introduce(a, b, c)
  a.node_settings = {"up": "1M"}
  for node in (b, c):
    node.peers = [peer for peer in node.peers if peer.startswith(a.id)]
    node.start()
  a.start()
  within(20, a.is_connected, "A has its peers")
  a.write("large", noise(6_000_000))
  within(20, lambda: a.total("sent_bytes") > 500_000, "the transfer is under way")
  began, before = time.monotonic(), [peer["sent_bytes"] for peer in a.status()["peers"]]
  time.sleep(4)
  after = [peer["sent_bytes"] for peer in a.status()["peers"]]
  rates = [(now - then) / (time.monotonic() - began) for now, then in zip(after, before)]
  check_rate(sum(rates), RATE)
  assert min(rates) > 0.3 * RATE, f"one peer gets {min(rates):.0f} B/s"
