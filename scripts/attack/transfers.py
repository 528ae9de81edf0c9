"""What goes over the wire, what it costs, and what a kill in the middle of it costs."""

import os
import random
import time

from node import converge, introduce, within
from suite import test

MEGABYTE, MEBIBYTE = 10**6, 2**20
SIZE = 300 * MEGABYTE
# TLS records, frames and the recipe: less than a hundredth of the bytes.
OVERHEAD = SIZE // 100


def random_file(path, size):
  """A file that nothing compresses, put into place by a rename."""
  source = random.Random(size)
  with open(path + ".part", "wb") as file:
    while size > 0:
      file.write(source.randbytes(min(size, 8 * MEBIBYTE)))
      size -= 8 * MEBIBYTE
  os.rename(path + ".part", path)


def big_file(world, size):
  path = os.path.join(world.directory("aside"), "big")
  random_file(path, size)
  return path


def equal_files(left, right):
  if not os.path.exists(right):
    return False
  with open(left, "rb") as one, open(right, "rb") as other:
    while True:
      part = one.read(MEBIBYTE)
      if part != other.read(MEBIBYTE):
        return False
      if not part:
        return True


def killed(world, victim, survivor, counter):
  """Kills one side in mid-transfer and starts it again; the survivor's count of the bytes."""
  a = world.nodes[0]
  os.rename(big_file(world, SIZE), a.path("big"))
  before = within(60, lambda: has_moved(survivor, counter), "the transfer begins")
  assert before < 0.9 * SIZE, "killed too late to show anything"
  victim.kill()
  assert not os.path.exists(world.nodes[1].path("big")), "it was over before the kill"
  victim.start()
  converge(*world.nodes[:2], seconds=90)
  total = survivor.total(counter)
  assert total <= SIZE + 8 * MEBIBYTE + OVERHEAD, (
    f"{(total - SIZE) / MEBIBYTE:.1f} MiB more than the file has; killed after {before} bytes")
  print(f"  {(total - SIZE) / MEBIBYTE:.1f} MiB beyond the file", flush=True)


def has_moved(node, counter):
  total = node.total(counter)
  return total if total > SIZE // 4 else None


@test("the receiver killed in the middle of 300 MB: at most 8 MiB are sent twice")
def receiver_killed(world):
  a, b = world.pair()
  killed(world, victim=b, survivor=a, counter="sent_bytes")


@test("the sender killed in the middle of 300 MB: at most 8 MiB are sent twice")
def sender_killed(world):
  a, b = world.pair()
  killed(world, victim=a, survivor=b, counter="received_bytes")


@test("who was called does not call: one connection stays")
def one_connection(world):
  nodes = [world.node("A"), world.node("B")]
  introduce(*nodes)
  # A call of the smaller id would replace the other's.
  smaller, larger = sorted(nodes, key=lambda node: node.id)
  smaller.start()
  # Long enough that it calls every three seconds or so.
  time.sleep(2)
  larger.start()
  within(20, smaller.is_connected, "they are connected")
  time.sleep(4)
  assert "Disconnected" not in smaller.log(), "the connection was replaced"


@test("when all is equal nothing is sent and nothing runs")
def silence(world):
  a, b = world.pair()
  for number in range(300):
    a.write(f"from-a/{number % 7}/{number}", b"a" * number)
    b.write(f"from-b/{number % 5}/{number}", b"b" * number)
  os.symlink("nowhere", a.path("link"))
  b.write("large", random.Random(4).randbytes(3 * MEBIBYTE))
  converge(a, b)
  # The acknowledgements of the acknowledged may still be under way.
  time.sleep(0.5)
  before = [(node.total("sent_bytes"), node.processor_ticks()) for node in (a, b)]
  time.sleep(4)
  for node, (sent, ticks) in zip((a, b), before):
    assert node.total("sent_bytes") == sent, f"{node.name} sends although all is equal"
    # A tick is 10 ms; the questions for the counters cost one or two.
    assert node.processor_ticks() - ticks <= 3, f"{node.name} is busy although all is equal"


@test("a restart of both sends next to nothing")
def restart_is_quiet(world):
  a, b = world.pair()
  a.write("large", random.Random(5).randbytes(3 * MEBIBYTE))
  for number in range(200):
    a.write(f"many/{number}", b"%d" % number * 100)
  converge(a, b)
  for node in (a, b):
    assert node.stop() == 0
  for node in (a, b):
    node.start()
  within(20, lambda: a.is_connected() and b.is_connected(), "both are connected")
  converge(a, b)
  total = a.total("sent_bytes") + b.total("sent_bytes")
  assert total < 50_000, f"{total} bytes after a restart"


@test("a GiB passes through 64 MiB of memory on both sides")
def memory(world):
  a, b = world.pair()
  os.rename(big_file(world, 1024 * MEBIBYTE), a.path("big"))
  assert a.wait(120), "not acknowledged in time"
  most = {node.name: node.memory() for node in (a, b)}
  print(f"  {most['A']:.0f} MiB on A, {most['B']:.0f} MiB on B", flush=True)
  assert equal_files(a.path("big"), b.path("big"))
  assert max(most.values()) <= 64, f"{most} MiB"


@test("killed or stopped, it starts again at once on the same port")
def same_port(world):
  a, b = world.pair()
  for end in (a.kill, a.stop, a.kill):
    end()
    a.start()
    within(20, lambda: a.is_connected() and b.is_connected(), "both are connected")
  a.write("after", b"after")
  converge(a, b)
