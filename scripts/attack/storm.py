"""Two users who do anything at all, on two nodes that are killed now and then.

Every content that a user writes is told apart by a number in it. What no user overwrote or deleted
must be there in the end. What a user's step takes away is seen exactly: it is exchanged with a place
outside the share in one step of the kernel, and looked at there.
"""

import ctypes
import errno
import os
import random
import re
import time

from node import converge, read_tree
from suite import test

_libc = ctypes.CDLL(None, use_errno=True)
NO_REPLACE, EXCHANGE = 1, 2
TOKEN = re.compile(rb"<token [0-9a-f]+>")


def rename(source, target, flags):
  """renameat2; whether it was done."""
  here = -100
  return _libc.renameat2(here, os.fsencode(source), here, os.fsencode(target), flags) == 0


class User:
  """Works in one share, and notes what must and what need not survive."""

  def __init__(self, node, seed, alive, gone):
    self.node = node
    self.random = random.Random(seed)
    self.alive, self.gone = alive, gone
    self.aside = node.world.directory("aside", node.name)
    self.number = 0
    self.steps = 0

  def token(self):
    """A new content that must survive."""
    self.number += 1
    token = b"<token %x%s>" % (self.number, self.node.name.encode().hex().encode())
    self.alive.add(token)
    return token

  def retire(self, path):
    """What was taken out of the share by this user need not survive.

    The daemon may hold a directory that was taken out, and put into it or take from it for a moment
    still: so each thing is first moved to where nobody else reaches, and only then looked at.
    """
    own = self.outside()
    if os.path.isdir(path) and not os.path.islink(path):
      while not self._removed(path):
        for name in os.listdir(path):
          self.retire(os.path.join(path, name))
    elif not rename(path, own, NO_REPLACE):
      pass  # The daemon took it.
    elif os.path.isdir(own) and not os.path.islink(own):
      self.retire(own)
    elif os.path.islink(own):
      self.gone.update(TOKEN.findall(os.readlink(os.fsencode(own))))
      os.unlink(own)
    else:
      with open(own, "rb") as file:
        self.gone.update(TOKEN.findall(file.read()))
      os.unlink(own)

  def _removed(self, directory):
    """Whether the directory was empty, and is gone now."""
    try:
      os.rmdir(directory)
    except FileNotFoundError:
      pass
    except OSError as error:
      if error.errno != errno.ENOTEMPTY:
        raise
      return False
    return True

  def outside(self):
    self.number += 1
    return os.path.join(self.aside, str(self.number))

  def places(self, kind):
    found = [self.node.share] if kind == "directory" else []
    for directory, names, files in os.walk(self.node.share):
      if directory == self.node.share and ".leftd" in names:
        names.remove(".leftd")
      if kind == "directory":
        found += [os.path.join(directory, name) for name in names
                  if not os.path.islink(os.path.join(directory, name))]
      else:
        found += [os.path.join(directory, name) for name in files]
    return sorted(found)

  def some(self, kind):
    return self.random.choice(self.places(kind) or [os.path.join(self.node.share, "none")])

  def fresh(self):
    """A place whose name may be taken: there are few names."""
    name = self.random.choice("abcdefgh") + self.random.choice(["", "1", ".txt"])
    return os.path.join(self.some("directory"), name)

  def content(self):
    size = self.random.choice([0, 10, 1000, 40_000, 200_000, 600_000])
    return self.token() + self.random.randbytes(size)

  # --- What a user does. Where the place has changed meanwhile, the step comes to nothing.

  def create(self):
    path, part = self.fresh(), self.outside()
    content = self.content()
    with open(part, "wb") as file:
      file.write(content)
    if not rename(part, path, NO_REPLACE):
      self.retire(part)

  def write_slowly(self):
    path = self.fresh()
    content = self.content()
    try:
      descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except OSError:
      self.gone.update(TOKEN.findall(content))
      return
    half = len(content) // 2
    os.write(descriptor, content[:half])
    time.sleep(self.random.random() * 0.05)
    os.write(descriptor, content[half:])
    os.close(descriptor)

  def edit(self):
    path, part = self.some("file"), self.outside()
    content = self.content()
    with open(part, "wb") as file:
      file.write(content)
    rename(part, path, EXCHANGE)
    # What it replaced, or what it could not put there.
    self.retire(part)

  def move(self):
    rename(self.some("file"), self.fresh(), NO_REPLACE)

  def move_directory(self):
    source = self.some("directory")
    if source != self.node.share:
      rename(source, self.fresh(), NO_REPLACE)

  def make_directory(self):
    try:
      os.mkdir(self.fresh())
    except OSError:
      pass

  def make_link(self):
    token, path = self.token(), self.fresh()
    try:
      os.symlink(token, path)
    except OSError:
      self.gone.add(token)

  def delete(self):
    path = self.outside()
    if rename(self.some("file"), path, NO_REPLACE):
      self.retire(path)

  def delete_tree(self):
    source, path = self.some("directory"), self.outside()
    if source != self.node.share and rename(source, path, NO_REPLACE):
      self.retire(path)

  def step(self):
    self.steps += 1
    actions = [
      (self.create, 6), (self.write_slowly, 4), (self.edit, 6), (self.move, 4),
      (self.move_directory, 3), (self.make_directory, 4), (self.make_link, 2), (self.delete, 3),
      (self.delete_tree, 1),
    ]
    self.random.choices([one for one, _ in actions], [weight for _, weight in actions])[0]()


def storm(world, seed, seconds):
  a, b = world.pair()
  alive, gone = set(), set()
  users = [User(node, f"{seed} {node.name}", alive, gone) for node in (a, b)]
  source = random.Random(seed)
  end = time.monotonic() + seconds
  kills = 0
  while time.monotonic() < end:
    # A burst of each, and now and then a moment in which things arrive.
    for _ in range(source.randrange(1, 12)):
      source.choice(users).step()
    time.sleep(source.choice([0, 0.01, 0.05, 0.2]))
    if source.random() < 0.03:
      node = source.choice((a, b))
      node.kill()
      kills += 1
      for _ in range(source.randrange(0, 10)):
        source.choice(users).step()
      node.start()
  steps = sum(user.steps for user in users)
  converge(a, b, times=True)
  there = set()
  for kind, content, *_ in read_tree(os.fsencode(a.share)).values():
    if kind in ("file", "link"):
      there.update(TOKEN.findall(content))
  lost = alive - gone - there
  print(f"  seed {seed}: {steps} steps, {kills} kills, {len(there)} contents", flush=True)
  assert not lost, f"{len(lost)} contents are lost: {sorted(lost)[:5]}"
  assert there, "nothing survived: the storm shows nothing"


@test("a storm of changes on both sides, with kills: equal trees, and nothing lost")
def random_storm(world):
  seed = int(os.environ.get("STORM_SEED", random.randrange(10**6)))
  try:
    storm(world, seed, float(os.environ.get("STORM_SECONDS", "20")))
  except BaseException:
    print(f"  STORM_SEED={seed}", flush=True)
    raise
