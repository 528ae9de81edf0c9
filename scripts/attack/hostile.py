"""What a paired peer can do that turned against its friends: nothing outside the share."""

import os
import time

import wire
from strangers import is_served, lone
from suite import test
from wire import ROOT, blob, number, place

D1, D2 = b"\x11" * 16, b"\x22" * 16


def small(mallory, where, data, announced=True):
  """Pushes a small file and gives its entry."""
  content = wire.content_id([data])
  mallory.contents(0, where, content, data)
  return mallory.entry(where, wire.file_body(content, len(data)))


def refused(world, names):
  """Every way to tell a name: each ends the connection with a reason, and makes nothing."""
  node, mallory = lone(world)
  before = node.tree()
  for name in names:
    where, content = ROOT + blob(name), wire.content_id([b"evil"])
    item = where + b"\x01" + content + number(4) + number(0o644) + wire.signed(wire.MTIME)
    ways = {
      "file": lambda: mallory.announce(mallory.entry(where, wire.file_body(content, 4))),
      "link": lambda: mallory.announce(mallory.entry(where, wire.symlink_body(b"x"))),
      "directory": lambda: mallory.announce(
        mallory.entry(where, wire.directory_body(D1)),
        mallory.entry(place(D1, b"evil"), wire.file_body(content, 4))),
      "deletion": lambda: mallory.announce(mallory.entry(where, wire.deleted_body())),
      "push": lambda: mallory.send(wire.CONTENTS, b"\0\0\x01" + item + b"evil"),
      "fetch": lambda: mallory.send(wire.FETCH, b"\x01\x01" + where + content),
    }
    for way, attack in ways.items():
      mallory.meet(node.port)
      attack()
      code, reason = mallory.farewell()
      assert code == 2, f"{way} of {name}: close code {code}, {reason!r}"
  assert node.tree() == before, f"something appeared: {node.tree()}"
  node.says("warning", "broke the protocol", "not a possible name of a file")
  is_served(node, mallory)


@test("an entry called . or .. is refused")
def dots(world):
  refused(world, [b"..", b"."])


@test("a name with a slash, absolute or not, is refused")
def slashes(world):
  refused(world, [world.path.encode() + b"/evil", b"/", b"a/b", b"../evil"])


@test("a name with a NUL, an empty and a too long one are refused")
def odd_names(world):
  refused(world, [b"evil\0", b"\0", b"", b"x" * 256])


@test("entries in .leftd are refused")
def reserved(world):
  node, mallory = lone(world)
  for body in (wire.directory_body(D1), wire.symlink_body(b"/"), wire.deleted_body()):
    mallory.meet(node.port)
    mallory.announce(mallory.entry(place(ROOT, b".leftd"), body))
    code, reason = mallory.farewell()
    assert code == 2 and ".leftd" in reason, (code, reason)
  node.says("warning", "never synced")
  is_served(node, mallory)


@test("nothing is heard after a violation on the same connection")
def after_violation(world):
  node, mallory = lone(world)
  mallory.meet(node.port)
  entry = small(mallory, place(ROOT, b"late"), b"too late")
  mallory.send(wire.ANNOUNCE, b"\xff" * 20)
  mallory.announce(entry)
  code, _ = mallory.farewell()
  assert code == 2, f"close code {code}"
  is_served(node, mallory)
  assert node.read("late") is None, "an announcement after the violation was applied"


@test("what is announced beneath a symbolic link stays in the share")
def beneath_a_link(world):
  node, mallory = lone(world)
  mallory.meet(node.port)
  target = world.outside.encode()
  link = mallory.entry(place(ROOT, b"link"), wire.symlink_body(target))
  mallory.acknowledged(mallory.announce(link))
  assert os.readlink(node.path("link")) == world.outside
  # A directory where the link is, with things in it: separately, and all in one unit.
  file = small(mallory, place(D1, b"evil"), b"evil one")
  directory = mallory.entry(place(ROOT, b"link"), wire.directory_body(D1))
  mallory.acknowledged(mallory.announce(directory, file))
  both = place(ROOT, b"both")
  entries = [
    mallory.entry(both, wire.symlink_body(target)),
    mallory.entry(both, wire.directory_body(D2)),
    small(mallory, place(D2, b"secret"), b"evil two"),
    mallory.entry(place(D2, b"up"), wire.symlink_body(b"../../..")),
  ]
  mallory.acknowledged(mallory.announce(*entries))
  for path, content in (("link/evil", b"evil one"), ("both/secret", b"evil two")):
    assert not os.path.islink(node.path(os.path.dirname(path))), f"{path} lies behind a link"
    assert node.read(path) == content, f"{path} is not in the share"
  assert sorted(os.listdir(world.outside)) == ["secret"], "something was written outside"


@test("a directory that its user replaced by a link leads no peer outside")
def swapped_directory(world):
  node, mallory = lone(world)
  mallory.meet(node.port)
  for turn in range(20):
    name, directory = b"d%d" % turn, bytes([turn + 1]) * 16
    entries = [
      mallory.entry(place(ROOT, name), wire.directory_body(directory)),
      small(mallory, place(directory, b"first"), b"first"),
      small(mallory, place(directory, b"secret"), b"second"),
    ]
    mallory.acknowledged(mallory.announce(*entries))
    path = node.path(name)
    os.rename(path, os.path.join(world.directory("aside").encode(), name))
    os.symlink(world.outside, path)
    # The announcement meets the swap at another moment each time.
    time.sleep(0.002 * turn)
    mallory.announce(
      small(mallory, place(directory, b"evil"), b"evil"),
      mallory.entry(place(directory, b"secret"), wire.deleted_body()))
  is_served(node, mallory)
  assert sorted(os.listdir(world.outside)) == ["secret"], "something was written outside"


@test("a link in the share gives no peer what it points to")
def reading_through_links(world):
  node, mallory = lone(world)
  os.symlink(world.secret, node.path("link"))
  os.mkdir(node.path("sub"))
  os.symlink(world.outside, node.path("sub", "out"))
  mallory.meet(node.port)
  mallory.receive(wire.ANNOUNCE)
  with open(world.secret, "rb") as file:
    content = wire.content_id([file.read()])
  items = [place(ROOT, b"link"), place(ROOT, b"secret"), place(D1, b"secret")]
  for request, where in enumerate(items, start=1):
    mallory.send(wire.FETCH, number(request) + b"\x01" + where + content)
    _, answer = mallory.receive(wire.CONTENTS)
    reader = wire.Reader(answer)
    assert reader.number() == request and reader.raw(2) == b"\0\x01", answer
    assert reader.place() == (where[:16], where[17:])
    assert reader.raw(1) == b"\0", "a peer was given what lies outside the share"
  is_served(node, mallory)


@test("a small content with wrong bytes is thrown away and asked for again")
def wrong_small(world):
  node, mallory = lone(world)
  mallory.meet(node.port)
  where, content = place(ROOT, b"small"), wire.content_id([b"right"])
  mallory.contents(0, where, content, b"wrong")
  unit = mallory.announce(mallory.entry(where, wire.file_body(content, 5)))
  for answer in (b"wrong", b"longer than it is", b"right"):
    _, asked = mallory.receive(wire.FETCH)
    assert node.read("small") is None, "what came wrong became visible"
    mallory.contents(wire.Reader(asked).number(), where, content, answer)
  mallory.acknowledged(unit)
  assert node.read("small") == b"right"
  node.says("warning", "other bytes than were announced", "asked for again")


@test("a large content with wrong chunks is thrown away and asked for again")
def wrong_large(world):
  node, mallory = lone(world)
  mallory.meet(node.port)
  chunks = [bytes([letter]) * 100_000 for letter in b"ab"]
  ids = [wire.blake3(chunk) for chunk in chunks]
  content, where = wire.content_id(chunks, ids), place(ROOT, b"large")
  unit = mallory.announce(mallory.entry(where, wire.file_body(content, 200_000)))
  asked = mallory.receive(wire.OPEN_CONTENT)[1]
  assert asked == content
  tell_recipe(mallory, content, chunks, ids)
  served, deadline = 0, time.monotonic() + 30
  while True:
    kind, payload = mallory.next_frame(deadline)
    if kind == wire.ACKNOWLEDGE:
      break
    if kind == wire.OPEN_CONTENT:
      tell_recipe(mallory, content, chunks, ids)
    if kind != wire.REQUEST:
      continue
    assert node.read("large") is None, "what came wrong became visible"
    reader = wire.Reader(payload)
    request = reader.number()
    reader.raw(33)
    offset, count = reader.number(), reader.number()
    wanted = b"".join(chunks)[offset:]
    lengths = [reader.number() for _ in range(count)]
    data = wanted[: sum(lengths)]
    if served < 3:
      data = b"x" + data[1:]
    served += 1
    parts = b"".join(b"\0" + number(length) for length in lengths)
    mallory.send(wire.DATA, number(request) + b"\0" + number(count) + parts + data)
  assert unit and served > 3, f"acknowledged after {served} answers, three of them wrong"
  assert node.read("large") == b"".join(chunks)
  node.says("warning", "other bytes than were announced", "asked for again")


def tell_recipe(mallory, content, chunks, ids):
  key = b"\x01" + content
  told = b"".join(number(len(chunk)) + one for one, chunk in zip(ids, chunks))
  mallory.send(wire.SEGMENT, key + b"\0\0" + number(len(chunks)) + told)
  mallory.send(wire.SEAL, key + content)


@test("a recipe that does not make its content is thrown away and asked for again")
def wrong_recipe(world):
  node, mallory = lone(world)
  mallory.meet(node.port)
  chunks = [b"a" * 100_000, b"b" * 100_000]
  lies = [wire.blake3(b"other"), wire.blake3(b"others")]
  content = wire.content_id([b"c" * 100_000, b"d" * 100_000], lies[::-1])
  mallory.announce(mallory.entry(place(ROOT, b"large"), wire.file_body(content, 200_000)))
  for _ in range(3):
    assert mallory.receive(wire.OPEN_CONTENT)[1] == content
    tell_recipe(mallory, content, chunks, lies)
  assert node.read("large") is None
  is_served(node, mallory)


@test("messages out of order, twice or too many end the connection")
def disorder(world):
  node, mallory = lone(world)
  hello = blob(b"m") + wire.fixed(mallory.incarnation) + wire.fixed(0) + bytes(4)
  ways = {
    "a second hello": lambda: mallory.send(wire.HELLO, hello),
    "an acknowledgement of nothing": lambda: mallory.send(
      wire.ACKNOWLEDGE, mallory.id + number(99)),
    "a unit with the sequence of the one before": lambda: [
      mallory.announce(mallory.entry(place(ROOT, b"a"), wire.symlink_body(b"x"))),
      mallory.announce(mallory.entry(place(ROOT, b"b"), wire.symlink_body(b"x"))),
      mallory.announce()],
    "bytes left over": lambda: mallory.send(wire.SEAL, b"\x01" + bytes(65)),
    "a directory merged into a larger one": lambda: mallory.announce(
      mallory.entry(place(ROOT, b"m"), b"\x06" + D1 + D2)),
    "a directory that is the root": lambda: mallory.announce(
      mallory.entry(place(ROOT, b"m"), wire.directory_body(ROOT))),
    "a mode with the type of a device": lambda: mallory.announce(
      mallory.entry(place(ROOT, b"m"), wire.directory_body(D1, mode=0o60644))),
    "8193 entries": lambda: mallory.send(
      wire.ANNOUNCE, number(99) + b"\x01\0" + number(8193)),
    "contents that do not inflate": lambda: mallory.send(
      wire.CONTENTS, b"\0\x01\x01" + place(ROOT, b"z") + b"\x01" + bytes(32) + number(100_000)
      + number(0) + number(0) + b"\xff" * 20),
  }
  for way, attack in ways.items():
    mallory.meet(node.port)
    attack()
    code, reason = mallory.farewell()
    assert code == 2 and reason, f"{way}: close code {code}, reason {reason!r}"
  is_served(node, mallory)
