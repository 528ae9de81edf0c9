"""A file arrives as it was: one row for each kind of thing, judged by rsync, too."""

import errno
import os
import shutil
import socket
import stat
import struct
import subprocess
import sys
import time

from node import Skip, converge, introduce, within
from suite import test

MEBIBYTE, GIBIBYTE = 2**20, 2**30
TIME = 1_700_000_000_123_456_789


def put(path, data=b"", mode=0o644, time_ns=TIME):
  with open(path, "wb") as file:
    file.write(data)
  os.chmod(path, mode)
  os.utime(path, ns=(time_ns, time_ns))


# --- What there is: each makes something at a path of its own, as bytes


def modes(path):
  os.mkdir(path)
  for mode in (0o000, 0o400, 0o444, 0o555, 0o600, 0o640, 0o755, 0o1644, 0o2755, 0o4750, 0o6777):
    put(path + b"/%o" % mode, b"mode %o" % mode, mode)


def times(path):
  os.mkdir(path)
  for time_ns in (0, 1, -1, -5_000_000_001, TIME, 2**31 * 10**9, 4_000_000_000_999_999_999):
    put(path + b"/%d" % time_ns, b"at %d" % time_ns, time_ns=time_ns)


def links(path):
  os.mkdir(path)
  targets = {
    b"file": b"f", b"up": b"../..", b"absolute": b"/etc/passwd", b"dangling": b"no/such",
    b"loop": b"loop", b"odd": b"\xff\n\x01", b"long": b"y" * 4095,
  }
  put(path + b"/f", b"linked to")
  for name, target in targets.items():
    os.symlink(target, path + b"/" + name)
    os.utime(path + b"/" + name, ns=(TIME, TIME), follow_symlinks=False)


def empty(path):
  os.makedirs(path + b"/directory/of/directories")
  put(path + b"/file")


def names(path):
  os.mkdir(path)
  for byte in range(1, 256):
    if byte != ord("/"):
      put(path + b"/-" + bytes([byte]), b"%d" % byte)
  for name in (
    b"x" * 255, b" ", b"\n", b"-rf", b"...", b".hidden", b"tail.", b"CON", b"a\\b",
    "caf\u00e9".encode(), "cafe\u0301".encode(), b"Twin", b"twin", b"TWIN",
    "\U0001f3bb".encode(), b"\xf0\x28\x8c\x28", b"\xed\xa0\x80",
  ):
    put(path + b"/" + name, name)


def long_path(path):
  os.mkdir(path)
  back = os.open(".", os.O_RDONLY)
  try:
    os.chdir(path)
    # Beneath the share, a path of 4095 bytes; the system calls here see pieces of it.
    length = len(b"long_path")
    while length + 1 + 250 + 1 < 4090:
      os.mkdir(b"d" * 250)
      os.chdir(b"d" * 250)
      length += 251
    put(b"f" * (4095 - length - 1), b"far down")
  finally:
    os.fchdir(back)
    os.close(back)


def read_only(path):
  os.makedirs(path + b"/directory/inner")
  put(path + b"/directory/file", b"not to be written", 0o444)
  put(path + b"/directory/inner/file", b"nor this", 0o400)
  os.chmod(path + b"/directory/inner", 0o500)
  os.chmod(path + b"/directory", 0o555)


def sparse(path):
  os.mkdir(path)
  for name, size, pieces in (
    (b"all hole", 64 * MEBIBYTE, []),
    (b"at the end", 64 * MEBIBYTE, [63 * MEBIBYTE]),
    (b"at the start", 64 * MEBIBYTE + 77, [0]),
    (b"between", 256 * MEBIBYTE + 1, [5 * MEBIBYTE + 4096, 100 * MEBIBYTE, 200 * MEBIBYTE]),
  ):
    with open(path + b"/" + name, "wb") as file:
      for offset in pieces:
        file.seek(offset)
        file.write(os.urandom(300_000))
      file.truncate(size)
    os.utime(path + b"/" + name, ns=(TIME, TIME))


def hard_links(path):
  os.mkdir(path)
  put(path + b"/one", b"one content")
  os.link(path + b"/one", path + b"/other")
  os.mkdir(path + b"/below")
  os.link(path + b"/one", path + b"/below/third")


def tiny(path):
  os.mkdir(path)
  for size in (1, 4095, 4096, 4097, 131_071, 131_072, 131_073, 196_608, 3_000_000):
    put(path + b"/%d" % size, os.urandom(size))


KINDS = (modes, times, links, empty, names, long_path, read_only, sparse, hard_links, tiny)


def has_no_conflicts(node):
  """Asserts that no edit was taken for one that collided."""
  conflicts = [name for name in node.tree() if b".conflict-" in name]
  assert not conflicts, f"conflicts: {conflicts}"


@test("what a share can hold arrives as it was, as rsync sees it")
def all_kinds(world):
  a, b = world.pair()
  for make in KINDS:
    make(a.path(make.__name__.encode()))
  settled(a, b)
  compare(a, b)
  # While it was away, and the other way round.
  b.stop()
  for make in KINDS:
    if make is not long_path:
      make(a.path(b"again " + make.__name__.encode()))
  b.start()
  settled(a, b)
  compare(a, b)
  for make in KINDS:
    if make is not long_path:
      make(b.path(b"back " + make.__name__.encode()))
  settled(b, a)
  compare(b, a)


def settled(*nodes):
  for node in nodes:
    assert node.wait(60), f"{node.name} waits for ever"


def compare(left, right):
  """What rsync would have to send, but for links and the root's time."""
  if shutil.which("rsync") is None:
    raise Skip("there is no rsync")
  done = subprocess.run(
    ["rsync", "-anciAX", "--checksum", "--delete", "--exclude=/.leftd",
     left.share + "/", right.share + "/"],
    capture_output=True, timeout=120)
  assert done.returncode == 0, done.stderr.decode(errors="replace")
  differing = [line for line in done.stdout.splitlines(True) if not line.endswith(b" ./\n")]
  assert not differing, "differs:\n" + b"".join(differing)[:2000].decode(errors="replace")


# --- Holes


@test("10 GiB of hole with 1 MiB of data: on the wire the data, on the disk a hole, at once")
def holes(world):
  a, b = world.pair()
  before = a.total("sent_bytes")
  with open(a.path("vm"), "wb") as file:
    file.truncate(10 * GIBIBYTE)
    file.seek(4 * GIBIBYTE + 12345)
    file.write(os.urandom(MEBIBYTE))
  began = time.monotonic()
  within(20, lambda: os.path.exists(b.path("vm")), "it arrives")
  seconds = time.monotonic() - began
  settled(a, b)
  sent = a.total("sent_bytes") - before
  print(f"  {seconds:.2f} s, {sent - MEBIBYTE} bytes beyond the data", flush=True)
  assert seconds < 5, f"it took {seconds:.1f} s"
  assert sent < MEBIBYTE + 64 * 1024, f"{sent} bytes were sent"
  status = os.stat(b.path("vm"))
  assert status.st_size == 10 * GIBIBYTE
  assert status.st_blocks * 512 < 2 * MEBIBYTE, f"{status.st_blocks} blocks"
  with open(a.path("vm"), "rb") as one, open(b.path("vm"), "rb") as other:
    for offset in (0, 4 * GIBIBYTE, 4 * GIBIBYTE + MEBIBYTE, 10 * GIBIBYTE - MEBIBYTE):
      one.seek(offset)
      other.seek(offset)
      assert one.read(MEBIBYTE) == other.read(MEBIBYTE), f"differs at {offset}"
  # A change in a hole, and a hole where data were.
  with open(b.path("vm"), "r+b") as file:
    file.seek(7 * GIBIBYTE)
    file.write(b"one byte and some")
  settled(b, a)
  assert os.stat(a.path("vm")).st_blocks * 512 < 3 * MEBIBYTE


# --- Links, and what is left alone


@test("a write through one of a file's names is seen under all, on both sides")
def through_links(world):
  a, b = world.pair()
  a.write("one", b"first")
  os.makedirs(a.path("below"))
  os.link(a.path("one"), a.path("below/other"))
  converge(a, b)
  with open(a.path("below/other"), "r+b") as file:
    file.write(b"second, and longer")
  converge(a, b)
  assert b.read("one") == b.read("below/other") == b"second, and longer"
  with open(a.path("one"), "ab") as file:
    file.write(b", third")
  converge(a, b)
  assert b.read("one") == b.read("below/other") == b"second, and longer, third"
  with open(b.path("one"), "wb") as file:
    file.write(b"from the other side")
  converge(a, b)
  assert a.read("one") == a.read("below/other") == b"from the other side"


def names_of_files(node):
  """Which paths are one file."""
  files = {}
  for path in node.tree():
    status = os.lstat(node.path(path))
    if stat.S_ISREG(status.st_mode):
      files.setdefault(status.st_ino, []).append(os.fsdecode(path))
  return sorted(sorted(paths) for paths in files.values())


def linked_alike(a, b):
  converge(a, b)
  within(20, lambda: names_of_files(a) == names_of_files(b), "the same paths are one file")


@test("files with several names stay one file on the other side")
def kept_links(world):
  a, b = world.node("A"), world.node("B")
  introduce(a, b)
  # Found by the first scan: small and large, in two directories.
  os.makedirs(a.path("below"))
  for name, size in (("small", 5000), ("large", 3_000_000)):
    a.write(name, os.urandom(size))
    os.link(a.path(name), a.path("below", name))
  a.write("alone", b"alone")
  a.start()
  b.start()
  linked_alike(a, b)
  assert len(names_of_files(b)) == 3, names_of_files(b)
  # More names, one at a time and many at once, before and behind the others.
  before = a.total("sent_bytes")
  os.link(a.path("large"), a.path("a third"))
  linked_alike(a, b)
  for number in range(40):
    os.link(a.path("large"), a.path("below", f"name {number}"))
  linked_alike(a, b)
  cost = a.total("sent_bytes") - before
  print(f"  41 more names: {cost} bytes", flush=True)
  assert cost < 20_000
  # Written through, on either side.
  for node in (a, b):
    with open(node.path("below/large"), "r+b") as file:
      file.write(node.name.encode())
    linked_alike(a, b)
    assert {len(names) for names in names_of_files(b)} == {1, 2, 43}
  # A name that gets a file of its own leaves the others together.
  a.write("other", b"new")
  os.rename(a.path("other"), a.path("below/small"))
  linked_alike(a, b)
  assert ["small"] in names_of_files(b)
  # Likewise if that has the same content, and everything else but its time, or with it.
  for node, name, copy in ((a, "below/name 1", "cp"), (b, "below/name 2", "cp -p")):
    subprocess.run(
      [*copy.split(), node.path(name), node.path("copy")], check=True, timeout=30)
    os.rename(node.path("copy"), node.path(name))
    linked_alike(a, b)
    assert [name] in names_of_files(a)
  # Moved, with other permissions, deleted.
  os.rename(b.path("a third"), b.path("below/moved"))
  os.chmod(b.path("large"), 0o640)
  linked_alike(a, b)
  os.unlink(a.path("large"))
  linked_alike(a, b)
  has_no_conflicts(a)
  has_no_conflicts(b)
  # All of that is known: at a new start there is nothing to tell.
  for node in (a, b):
    node.stop()
    node.start()
  within(20, a.is_connected, "they are connected")
  converge(a, b)
  cost = a.total("sent_bytes") + b.total("sent_bytes")
  print(f"  a new start: {cost} bytes", flush=True)
  assert cost < 10_000


@test("a name that somebody writes to keeps its own file")
def written_links(world):
  a, b = world.pair()
  a.write("one", b"content")
  a.write("other", b"content")
  os.utime(a.path("one"), ns=(TIME, TIME))
  os.utime(a.path("other"), ns=(TIME, TIME))
  converge(a, b, times=True)
  with open(b.path("other"), "r+b") as file:
    os.unlink(a.path("other"))
    os.link(a.path("one"), a.path("other"))
    settled(a, b)
    file.write(b"written")
  converge(a, b)
  assert b.read("other") == b"written" and b.read("one") == b"content"


@test("FIFOs, sockets and devices are left alone, and said")
def special(world):
  a, b = world.pair()
  os.mkdir(a.path("special"))
  os.mkfifo(a.path("special/fifo"))
  with socket.socket(socket.AF_UNIX) as listener:
    back = os.getcwd()
    os.chdir(a.path("special"))
    listener.bind("socket")
    os.chdir(back)
  made = ["fifo", "socket"]
  try:
    os.mknod(a.path("special/device"), stat.S_IFCHR | 0o600, os.makedev(1, 3))
    made.append("device")
  except PermissionError:
    pass
  a.write("special/file", b"beside them")
  settled(a, b)
  within(20, lambda: b.read("special/file") == b"beside them", "what is beside them arrives")
  assert os.listdir(b.path("special")) == ["file"]
  for name in made:
    a.says("special/" + name, "neither file")
    assert os.path.lexists(a.path("special", name)), f"{name} is gone"


# --- Extended attributes and access control lists


USER_OBJECT, USER, GROUP_OBJECT, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"


def acl(*entries):
  """An access control list as the kernel takes it: tag, permissions, id."""
  packed = (struct.pack("<HHI", tag, bits, number) for tag, bits, number in entries)
  return struct.pack("<I", 2) + b"".join(packed)


NOBODY = 0xFFFFFFFF
LIST = acl((USER_OBJECT, 6, NOBODY), (USER, 4, 1234), (GROUP_OBJECT, 4, NOBODY),
           (MASK, 4, NOBODY), (OTHER, 0, NOBODY))
INHERITED = acl((USER_OBJECT, 7, NOBODY), (USER, 7, 4321), (GROUP_OBJECT, 5, NOBODY),
                (MASK, 7, NOBODY), (OTHER, 5, NOBODY))


def attributes(path):
  """All that are told of a path."""
  names = [name for name in os.listxattr(path, follow_symlinks=False)
           if name.startswith("user.") or name in (ACCESS, DEFAULT)]
  return {name: os.getxattr(path, name, follow_symlinks=False) for name in names}


def all_attributes(node):
  found = {}
  for directory, names, files in os.walk(node.share):
    if ".leftd" in names:
      names.remove(".leftd")
    for name in names + files:
      path = os.path.join(directory, name)
      if not os.path.islink(path):
        found[os.path.relpath(path, node.share)] = oct(os.stat(path).st_mode), attributes(path)
  return found


def same_attributes(left, right):
  try:
    within(30, lambda: all_attributes(left) == all_attributes(right), "attributes are equal")
  except AssertionError:
    raise AssertionError(f"{all_attributes(left)}\n{all_attributes(right)}") from None


def set_attribute(path, name, value):
  try:
    os.setxattr(path, name, value)
  except OSError as error:
    if error.errno == errno.EOPNOTSUPP:
      raise Skip(f"the file system has no {name}") from None
    raise


@test("extended attributes and access control lists arrive, change and go, without content")
def told_attributes(world):
  a, b = world.pair()
  big = os.urandom(3 * MEBIBYTE)
  a.write("tree/small", b"small")
  a.write("tree/large", big)
  a.write("tree/plain", b"plain")
  os.makedirs(a.path("tree/below/deep"))
  set_attribute(a.path("tree/small"), "user.mime", b"text/plain")
  set_attribute(a.path("tree/small"), ACCESS, LIST)
  set_attribute(a.path("tree/large"), "user.empty", b"")
  set_attribute(a.path("tree/large"), "user.odd \xff name", bytes(range(256)))
  set_attribute(a.path("tree/below"), "user.colour", b"green")
  set_attribute(a.path("tree/below"), DEFAULT, INHERITED)
  a.write("tree/below/heir", b"has inherited a list")
  assert ACCESS in attributes(a.path("tree/below/heir"))
  settled(a, b)
  same_attributes(a, b)
  # Alone they are a change, of files and directories, and cost no content.
  before = a.total("sent_bytes")
  set_attribute(a.path("tree/large"), "user.new", b"new")
  os.removexattr(a.path("tree/large"), "user.empty")
  os.removexattr(a.path("tree/small"), ACCESS)
  set_attribute(a.path("tree/below"), "user.colour", b"blue")
  set_attribute(a.path("tree/below/deep"), "user.late", b"late")
  within(20, lambda: attributes(b.path("tree/below/deep")), "the last change arrives")
  settled(a, b)
  same_attributes(a, b)
  sent = a.total("sent_bytes") - before
  assert sent < 20_000, f"{sent} bytes were sent"
  # With renames, with new contents, and back.
  os.rename(a.path("tree/small"), a.path("tree/other"))
  os.rename(a.path("tree/below"), a.path("below"))
  set_attribute(a.path("tree/other"), "user.mime", b"text/html")
  with open(a.path("tree/large"), "r+b") as file:
    file.write(b"changed")
  within(20, lambda: os.path.exists(b.path("tree/other")), "the rename arrives")
  settled(a, b)
  same_attributes(a, b)
  set_attribute(b.path("tree/plain"), "user.from", b"the other side")
  within(20, lambda: attributes(a.path("tree/plain")), "it comes back")
  settled(b, a)
  same_attributes(a, b)
  # While nobody looked.
  b.stop()
  set_attribute(b.path("tree/plain"), "user.from", b"nobody saw it")
  set_attribute(b.path("below"), "user.colour", b"red")
  b.start()
  within(20, lambda: attributes(a.path("below")).get("user.colour") == b"red", "it is found")
  settled(b, a)
  same_attributes(a, b)
  compare(a, b)
  has_no_conflicts(b)


@test("a tree as deep as paths can be arrives, moves and goes")
def deepest(world):
  a, b = world.pair()
  # This program goes down there, too.
  sys.setrecursionlimit(10_000)
  deep = "/".join(["d"] * 1000)
  subprocess.run(["mkdir", "-p", a.path("top", deep)], check=True, timeout=60)
  with open(a.path("top", deep, "file"), "wb") as file:
    file.write(b"at the bottom")
  converge(a, b, seconds=60)
  assert b.read(f"top/{deep}/file") == b"at the bottom"
  os.rename(b.path("top"), b.path("moved"))
  converge(a, b, seconds=60)
  subprocess.run(["rm", "-r", a.path("moved")], check=True, timeout=60)
  converge(a, b, seconds=60)
  assert not b.tree()


@test("directories have the times that their users gave them, and nobody tells them for ever")
def directory_times(world):
  a, b = world.pair()
  place = lambda node, *names: os.stat(node.path(*names)).st_mtime_ns  # noqa: E731
  def same(*names):
    within(20, lambda: place(a, *names) == place(b, *names), f"{names} have one time")
  os.makedirs(a.path("d/below"))
  a.write("d/file", b"one")
  a.write("d/below/file", b"two")
  within(20, lambda: b.read("d/below/file") == b"two", "the tree arrives")
  settled(a, b)
  same("d")
  same("d", "below")
  # A file that is written in place changes no directory here, nor may it there.
  time.sleep(0.2)
  a.write("d/below/file", b"changed in place")
  within(20, lambda: b.read("d/below/file") == b"changed in place", "the change arrives")
  settled(a, b)
  same("d", "below")
  for node, other in ((a, b), (b, a)):
    time.sleep(0.2)
    node.write("d/from " + node.name, b"new")
    within(20, lambda: os.path.exists(other.path("d/from " + node.name)), "it arrives")
    settled(a, b)
    same("d")
  # What one missed it gets with the rest.
  b.stop()
  os.remove(a.path("d/file"))
  os.mkdir(a.path("d/below/deep"))
  os.utime(a.path("d"), ns=(TIME, TIME))
  b.start()
  within(20, lambda: not os.path.exists(b.path("d/file")), "the deletion arrives")
  settled(a, b)
  same("d", "below")
  # A time alone is no change, and an older one replaces none.
  assert place(b, "d") > TIME
  time.sleep(1)
  before = a.total("sent_bytes") + b.total("sent_bytes")
  time.sleep(2)
  assert a.total("sent_bytes") + b.total("sent_bytes") == before, "they go on telling"


@test("attributes that a disk refuses are not told as taken away")
def refused_attributes(world):
  a = world.node("A")
  other = world.directory("plain")
  world.mount(other, "-t", "ramfs", "none")
  b = world.node("B", share=other)
  introduce(a, b)
  for node in (a, b):
    node.start()
  within(20, b.is_connected, "B has its peer")
  a.write("file", b"content")
  os.mkdir(a.path("directory"))
  set_attribute(a.path("file"), "user.kept", b"kept")
  set_attribute(a.path("directory"), "user.kept", b"kept")
  within(20, lambda: b.read("file") == b"content", "the content arrives")
  settled(a, b)
  os.chmod(b.path("file"), 0o640)
  b.write("file", b"changed there")
  within(20, lambda: a.read("file") == b"changed there", "the change comes back")
  settled(b, a)
  b.stop()
  b.start()
  within(20, b.is_connected, "B has its peer again")
  settled(b, a)
  assert attributes(a.path("file")) == {"user.kept": b"kept"}, attributes(a.path("file"))
  assert attributes(a.path("directory")) == {"user.kept": b"kept"}
  # What changes of them later goes on to others, and nobody goes on telling.
  set_attribute(a.path("file"), "user.kept", b"anew")
  settled(a, b)
  time.sleep(1)
  before = a.total("sent_bytes") + b.total("sent_bytes")
  time.sleep(2)
  assert a.total("sent_bytes") + b.total("sent_bytes") == before, "they go on telling"
  told = [line for line in b.log().splitlines() if "Not all extended attributes" in line]
  assert len(told) == 2, f"said {len(told)} times in two runs"


@test("attributes above the bound stay here, and that is said")
def large_attributes(world):
  a = world.node("A")
  roomy = world.directory("roomy")
  world.mount(roomy, "-t", "tmpfs", "-o", "size=16m", "tmpfs")
  b = world.node("B", share=roomy)
  introduce(a, b)
  for node in (a, b):
    node.start()
  within(20, b.is_connected, "B has its peer")
  b.write("file", b"content")
  os.mkdir(b.path("directory"))
  for name in ("file", "directory"):
    set_attribute(b.path(name), "user.large", b"x" * 20_000)
    set_attribute(b.path(name), "user.small", b"small")
  for name in ("file", "directory"):
    within(20, lambda: os.path.exists(a.path(name))
           and attributes(a.path(name)) == {"user.small": b"small"}, f"that of {name} arrives")
    b.says(name, "are not synced")
  # The large one is in nobody's way, and in nobody's reach.
  set_attribute(a.path("file"), "user.large", b"tiny")
  set_attribute(a.path("file"), "user.small", b"anew")
  within(20, lambda: attributes(b.path("file"))["user.small"] == b"anew", "it comes back")
  settled(a, b)
  assert attributes(b.path("file"))["user.large"] == b"x" * 20_000, "it was replaced"


# --- Owners


def owned_pair(world, first, second):
  if os.getuid() != 0:
    raise Skip("only root gives files away")
  a, b = world.node("A"), world.node("B")
  a.settings, b.settings = {"ownership": first}, {"ownership": second}
  introduce(a, b)
  return a, b


def owners(node):
  found = {}
  for directory, names, files in os.walk(node.share):
    if ".leftd" in names:
      names.remove(".leftd")
    for name in names + files:
      status = os.lstat(os.path.join(directory, name))
      if not stat.S_ISLNK(status.st_mode):
        path = os.path.relpath(os.path.join(directory, name), node.share)
        found[path] = status.st_uid, status.st_gid, oct(status.st_mode)
  return found


def are_silent(*nodes):
  time.sleep(1)
  before = sum(node.total("sent_bytes") for node in nodes)
  time.sleep(2)
  assert sum(node.total("sent_bytes") for node in nodes) == before, "they go on telling"


def give_away(world, first, second):
  """Files, directories and changes alone, both ways."""
  a, b = owned_pair(world, first, second)
  os.makedirs(a.path("d/below"))
  a.write("d/file", b"content")
  a.write("d/large", os.urandom(MEBIBYTE))
  os.chown(a.path("d/file"), 1, 2)
  os.chmod(a.path("d/file"), 0o4755)
  os.chown(a.path("d/below"), 0, 1)
  for node in (a, b):
    node.start()
  within(20, b.is_connected, "B has its peer")
  same = lambda what: within(20, lambda: owners(a) == owners(b), what)  # noqa: E731
  same("the tree has its owners")
  os.chown(a.path("d/large"), 2, 0)
  os.chown(a.path("d"), 1, 1)
  same("a change alone arrives")
  os.chown(b.path("d/file"), 2, 3)
  os.chmod(b.path("d/file"), 0o6755)
  same("and comes back")
  os.rename(a.path("d"), a.path("e"))
  a.write("e/file", b"other content")
  os.chown(a.path("e/file"), 3, 3)
  within(20, lambda: b.read("e/file") == b"other content", "the content arrives")
  same("with its owner")
  for node in (b, a):
    node.stop()
    os.chown(node.path("e/below"), 3, 1)
    os.chown(node.path("e/large"), 3, 1)
    node.start()
    within(20, b.is_connected, "B has its peer")
    same("what was given away while nobody looked")
    os.chown(node.path("e/below"), 0, 0)
    os.chown(node.path("e/large"), 0, 0)
    same("and taken back")
  settled(a, b)
  compare(a, b)
  are_silent(a, b)
  has_no_conflicts(b)


@test("owners are kept as numbers where a share says so")
def numeric_owners(world):
  give_away(world, "numeric", "numeric")


@test("owners are kept by name, and nodes that tell them differently agree")
def named_owners(world):
  give_away(world, "names", "numeric")


@test("a node that may give nothing away says so once, and takes no owner from others")
def refused_owners(world):
  a, b = owned_pair(world, "numeric", "numeric")
  if shutil.which("setpriv") is None:
    raise Skip("there is no setpriv")
  # What leads there must be passable.
  place = b.place
  while place != os.path.dirname(world.path):
    os.chmod(place, os.stat(place).st_mode | 0o011)
    place = os.path.dirname(place)
  subprocess.run(["chown", "-R", "65534:65534", b.place], check=True)
  b.prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
  for node in (a, b):
    node.start()
  within(20, b.is_connected, "B has its peer")
  a.write("file", b"content")
  os.chown(a.path("file"), 1, 2)
  os.mkdir(a.path("directory"))
  within(20, lambda: b.read("file") == b"content", "the content arrives")
  b.says("owners that other nodes have")
  b.write("file", b"changed there")
  within(20, lambda: a.read("file") == b"changed there", "the change comes back")
  settled(a, b)
  status = os.stat(a.path("file"))
  assert (status.st_uid, status.st_gid) == (1, 2), "B took the owner away"
  are_silent(a, b)
