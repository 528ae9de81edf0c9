"""Programs that go on writing to a file which a peer has replaced or deleted."""

import json
import mmap
import os
import time

from node import converge, within
from suite import test


def copies(node, name):
  """The conflict copies of a file."""
  done = node.run("conflicts", "--json")
  assert done.returncode == 0, done.stderr
  return [copy["path"] for copy in json.loads(done.stdout) if copy["original"] == name]


def told(a, b, data):
  """Waits until a conflict copy of report.txt with this content is on both nodes."""
  def are_there():
    found = copies(a, "report.txt"), copies(b, "report.txt")
    return found[0] and found[0] == found[1] and found[0]
  (copy,) = within(30, are_there, "both have the copy")
  within(10, lambda: a.read(copy) == b.read(copy) == data, "with all that was written")


@test("a file with a writer is replaced when it is closed", waits=True)
def waits(world):
  a, b = world.pair()
  a.write("report.txt", b"first")
  converge(a, b)
  with open(b.path("report.txt"), "r+b"):
    a.write("report.txt", b"second")
    b.says("waits for a program")
    a.write("other.txt", b"goes on")
    within(5, lambda: b.read("other.txt") == b"goes on", "others go on")
    time.sleep(0.5)
    assert b.read("report.txt") == b"first", "B waits for its writer"
  within(5, lambda: b.read("report.txt") == b"second", "the writer is gone")
  converge(a, b)
  assert copies(a, "report.txt") == []


@test("what is written to a replaced file comes back as a conflict copy", waits=True)
def writes_on(world):
  a, b = world.pair()
  a.write("report.txt", b"first")
  converge(a, b)
  with open(b.path("report.txt"), "r+b", buffering=0) as file:
    a.write("report.txt", b"second")
    within(30, lambda: b.read("report.txt") == b"second", "nobody waits for ever")
    file.write(b"written by a program that knew of nothing")
    file.flush()
    time.sleep(1)
    file.write(b", and went on")
  told(a, b, b"written by a program that knew of nothing, and went on")
  converge(a, b)
  assert a.read("report.txt") == b"second"
  b.says("A program went on writing", "report.txt")


@test("what is written by a mapping, after a restart of the daemon, comes back", waits=True)
def mapped(world):
  a, b = world.pair()
  a.write("report.txt", b"first" + bytes(4091))
  converge(a, b)
  with open(b.path("report.txt"), "r+b") as file:
    mapped = mmap.mmap(file.fileno(), 4096)
  a.write("report.txt", b"second")
  within(30, lambda: b.read("report.txt") == b"second", "nobody waits for ever")
  b.kill()
  mapped[:5] = b"later"
  mapped.close()
  b.start()
  told(a, b, b"later" + bytes(4091))


@test("what is written to a deleted file comes back", waits=True)
def deleted(world):
  a, b = world.pair()
  a.write("folder/report.txt", b"first")
  converge(a, b)
  with open(b.path("folder/report.txt"), "r+b", buffering=0) as file:
    os.remove(a.path("folder/report.txt"))
    os.rmdir(a.path("folder"))
    within(30, lambda: not os.path.exists(b.path("folder")), "nobody waits for ever")
    file.write(b"still needed")
  within(30, lambda: a.read("folder/report.txt") == b"still needed", "A has it again")
  converge(a, b)
