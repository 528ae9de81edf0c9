"""What is here already: blocks that files share, similar files, and files that are never at rest."""

import os
import random
import re
import subprocess
import sys
import time

from node import converge, introduce, within
from suite import test

MEGABYTE, MEBIBYTE = 10**6, 2**20


def random_file(path, size, seed):
  """A file that nothing compresses, put into place by a rename."""
  source = random.Random(seed)
  with open(path + ".part", "wb") as file:
    while size > 0:
      file.write(source.randbytes(min(size, 8 * MEBIBYTE)))
      size -= 8 * MEBIBYTE
  os.rename(path + ".part", path)


def change(path, share, pieces, seed):
  """Writes over a share of a file, in so many pieces."""
  size = os.path.getsize(path)
  source = random.Random(seed)
  with open(path, "r+b") as file:
    for number in range(pieces):
      file.seek(size // pieces * number + 12345)
      file.write(source.randbytes(int(size * share) // pieces))


def changed_copy(node, name, copy, share, pieces):
  """Puts a changed copy of a file beside it, by a rename."""
  path = node.path(copy)
  subprocess.run(["cp", "--reflink=never", node.path(name), path + ".part"], check=True, timeout=60)
  change(path + ".part", share, pieces, seed=len(copy))
  os.rename(path + ".part", path)


def disk(world, name, kind, size):
  """A disk of its own for a share."""
  place = world.directory(name)
  image = os.path.join(world.directory("aside"), name)
  with open(image, "wb") as file:
    file.truncate(size)
  options = ["-m", "reflink=1"] if kind == "xfs" else []
  subprocess.run(["mkfs." + kind, "-q", *options, image], check=True, timeout=60)
  world.mount(place, "-o", "loop", image)
  return world.directory(name, "share")


def pair(world, kind, size=700 * MEBIBYTE, on="B"):
  """Two connected nodes, one of which has its share on a disk of its own."""
  a, b = (
    world.node(name, share=disk(world, "disk", kind, size) if name == on else None)
    for name in "AB")
  introduce(a, b)
  a.start()
  b.start()
  within(20, b.is_connected, "both are connected")
  return a, b


def used(node):
  os.sync()
  status = os.statvfs(node.share)
  return (status.f_blocks - status.f_bfree) * status.f_frsize


def shared_bytes(path):
  """How much of a file is in blocks that others have, too."""
  done = subprocess.run(
    ["filefrag", "-v", path], capture_output=True, text=True, check=True, timeout=60)
  lines = [line for line in done.stdout.splitlines() if re.search(r"\bshared\b", line)]
  return sum(4096 * int(line.split(":")[3]) for line in lines)


def reflinked(world, kind):
  a, b = pair(world, kind)
  size = 100 * MEBIBYTE
  random_file(a.path("first"), size, seed=1)
  converge(a, b)
  before, sent = used(b), a.total("sent_bytes")
  # As a whole, and a tenth of it written over.
  changed_copy(a, "first", "copy", share=0, pieces=1)
  converge(a, b)
  copied = used(b) - before
  change(a.path("first"), share=0.1, pieces=10, seed=2)
  converge(a, b)
  both = used(b) - before
  print(f"  a copy takes {copied / MEBIBYTE:.1f} MiB, a version with a tenth changed "
        f"{(both - copied) / MEBIBYTE:.1f} of {size // MEBIBYTE} MiB", flush=True)
  return size, copied, both - copied, a.total("sent_bytes") - sent, b


@test("on XFS what is here already shares its blocks, and takes no room")
def on_xfs(world):
  size, copied, changed, sent, b = reflinked(world, "xfs")
  assert copied < size // 20, "a copy takes as much room as if it shared nothing"
  assert changed < size // 5, "what did not change takes room again"
  assert sent < size // 5, f"{sent} bytes were sent"
  assert shared_bytes(b.path("copy")) > 0.95 * size, "the copy shares too little"
  assert shared_bytes(b.path("first")) > 0.8 * size, "the changed file shares too little"


@test("on ext4 what is here already is copied")
def on_ext4(world):
  size, copied, _, sent, _ = reflinked(world, "ext4")
  assert copied >= size, "what can't be shared takes no room"
  assert sent < size // 5, f"{sent} bytes were sent"


@test("of a changed copy under another name only the changes are sent")
def similar(world):
  a, b = world.pair()
  size = 200 * MEGABYTE
  random_file(a.path("first"), size, seed=3)
  converge(a, b)
  before = a.total("sent_bytes")
  changed_copy(a, "first", "folder-of-its-own", share=0.1, pieces=20)
  converge(a, b)
  sent = a.total("sent_bytes") - before
  print(f"  {sent / MEGABYTE:.1f} MB for 20 of {size // MEGABYTE} MB", flush=True)
  assert sent < 0.15 * size, f"{sent} bytes were sent"
  # After a restart of who receives, and with another version of each.
  b.kill()
  b.start()
  changed_copy(a, "folder-of-its-own", "third", share=0.01, pieces=2)
  before = a.total("sent_bytes")
  converge(a, b)
  assert a.total("sent_bytes") - before < 0.05 * size, "it is forgotten with a restart"


BLOCK, BLOCK_COUNT = 4096, 2048

# Writes a file over and over, block by block, each filled with the number of the round.
WRITER = f"""
import os, sys
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
number = 0
while True:
  number += 1
  data = number.to_bytes(8, "little") * ({BLOCK} // 8)
  for block in range({BLOCK_COUNT}):
    os.pwrite(file, data, block * {BLOCK})
"""


def moment(data):
  """The round that a content is of; fails if it never was the file's, at any moment."""
  assert len(data) == BLOCK * BLOCK_COUNT, f"{len(data)} bytes"
  blocks = [data[start:start + BLOCK] for start in range(0, len(data), BLOCK)]
  rounds = [int.from_bytes(block[:8], "little") for block in blocks]
  for block, number in zip(blocks, rounds):
    assert block == number.to_bytes(8, "little") * (BLOCK // 8), "half a block"
  assert rounds == sorted(rounds, reverse=True), "later rounds behind earlier ones"
  assert rounds[0] - rounds[-1] <= 1, f"rounds {rounds[-1]} to {rounds[0]} at once"
  return rounds[0]


class Writing:
  """A program that never rests, from its second round on."""

  def __init__(self, path):
    data = (1).to_bytes(8, "little") * (BLOCK // 8)
    with open(path + ".part", "wb") as file:
      file.write(data * BLOCK_COUNT)
    os.rename(path + ".part", path)
    self.path = path

  def __enter__(self):
    self.process = subprocess.Popen([sys.executable, "-c", WRITER, self.path])
    return self

  def __exit__(self, *_):
    self.process.kill()
    self.process.wait(20)


@test("a file that is written for ever is sent as it was at one moment", waits=True)
def for_ever(world):
  a, b = pair(world, "xfs", on="A")
  writing = Writing(a.path("base"))
  converge(a, b)
  seen = [moment(b.read("base"))]
  with writing:
    while len(seen) < 3:
      data = within(
        45, lambda: (lambda data: data if moment(data) > seen[-1] else None)(b.read("base")),
        "the next moment arrives")
      seen.append(moment(data))
  print(f"  rounds {seen}", flush=True)
  converge(a, b)
  moment(b.read("base"))
  assert len(open_snapshots(a)) <= 2, open_snapshots(a)


def open_snapshots(node):
  """Files without a name that a daemon has open."""
  found = []
  place = f"/proc/{node.process.pid}/fd"
  for number in os.listdir(place):
    try:
      target = os.readlink(os.path.join(place, number))
    except FileNotFoundError:
      continue
    if target.endswith("(deleted)"):
      found.append(target)
  return found


@test("a growing file that is written for ever is sent, on and on", waits=True)
def growing(world):
  a, b = pair(world, "xfs", on="A")
  a.write("log", b"%015d\n" % 0 * 20_000)
  converge(a, b)
  code = "import os,sys\nf=os.open(sys.argv[1],os.O_WRONLY|os.O_APPEND)\n" \
    "for n in range(1,10**9): os.write(f,b'%015d\\n' % n)"
  process = subprocess.Popen([sys.executable, "-c", code, a.path("log")])
  try:
    sizes = [len(b.read("log"))]
    while len(sizes) < 3:
      sizes.append(within(
        60, lambda: (lambda size: size if size > sizes[-1] else None)(len(b.read("log"))),
        "more of it arrives"))
  finally:
    process.kill()
    process.wait(20)
  lines = b.read("log")[16 * 20_000:].splitlines()
  assert lines == [b"%015d" % n for n in range(1, len(lines) + 1)], "not as it was"
  converge(a, b)
  assert len(open_snapshots(a)) <= 2, open_snapshots(a)


@test("on ext4 a file that is written for ever arrives when that ends", waits=True)
def for_ever_on_ext4(world):
  a, b = pair(world, "ext4", on="A")
  writing = Writing(a.path("base"))
  converge(a, b)
  with writing:
    time.sleep(25)
    assert moment(b.read("base")) == 1, "it was read while it changed"
  converge(a, b)
  assert moment(b.read("base")) > 1


def coming_back(node, other, say, body):
  """Does something that brings a content back; what of it is sent."""
  before = node.total("sent_bytes")
  body()
  converge(node, other)
  sent = node.total("sent_bytes") - before
  print(f"  {say}: {sent} bytes", flush=True)
  return sent


@test("what lies in the trash isn't sent again when it comes back, under any name")
def out_of_the_trash(world):
  a, b = world.pair()
  size = 40 * MEBIBYTE
  aside = os.path.join(world.directory("aside"), "backup")
  random_file(aside, size, seed=5)
  put = lambda name: subprocess.run(  # noqa: E731
    ["cp", "--reflink=never", aside, a.path(name)], check=True, timeout=60)
  os.mkdir(a.path("films"))
  put("films/one")
  converge(a, b)
  # Deleted, with the directory that it was in.
  subprocess.run(["rm", "-r", a.path("films")], check=True)
  converge(a, b)
  assert not b.tree()
  assert coming_back(a, b, "a deleted file", lambda: put("two")) < size // 200
  # Written over.
  random_file(a.path("two"), size, seed=6)
  converge(a, b)
  assert coming_back(a, b, "a replaced file", lambda: put("two")) < size // 200
  # What somebody damages there is fetched.
  os.unlink(a.path("two"))
  converge(a, b)
  for path, _, names in os.walk(b.path(".leftd/trash")):
    for name in names:
      with open(os.path.join(path, name), "r+b") as file:
        file.write(b"damaged")
  assert coming_back(a, b, "a damaged file", lambda: put("three")) > size // 2
  with open(aside, "rb") as file:
    assert b.read("three") == file.read()
