"""Disks that are full, and disks that can't be written."""

import os
import random
import shutil
import subprocess

from node import converge, introduce, within
from suite import test

MEBIBYTE = 1024 * 1024


def on_small_disk(world, kind):
  """A on the usual disk, and B with its share on one of 48 MiB of which 40 are in use."""
  disk = world.directory("disk")
  if kind == "tmpfs":
    world.mount(disk, "-t", "tmpfs", "-o", "size=48m", "tmpfs")
  else:
    image = os.path.join(world.directory("aside"), "image")
    with open(image, "wb") as file:
      file.truncate(48 * MEBIBYTE)
    subprocess.run(["mkfs." + kind, "-q", image], check=True, timeout=60)
    world.mount(disk, "-o", "loop", image)
  share = world.directory("disk", "share")
  a, b = world.node("A"), world.node("B", share=share)
  introduce(a, b)
  a.start()
  b.start()
  within(20, b.is_connected, "both are connected")
  free = shutil.disk_usage(disk).free
  with open(os.path.join(disk, "filler"), "wb") as file:
    file.write(random.Random(1).randbytes(free - 6 * MEBIBYTE))
  return a, b, os.path.join(disk, "filler")


def full_disk(world, kind):
  a, b, filler = on_small_disk(world, kind)
  a.write("fits", b"fits")
  converge(a, b)
  large = random.Random(2).randbytes(20 * MEBIBYTE)
  a.write("large", large)
  b.says("warning", "disk is full", "Free some space", seconds=30)
  assert b.read("large") is None, "half a file is visible"
  assert b.read("fits") == b"fits"
  # One large file starves no small one.
  a.write("small", b"small")
  within(30, lambda: b.read("small") == b"small", "a small file overtakes what does not fit")
  assert a.run("wait", "--timeout", "1").returncode == 2, "acknowledged what is not there"
  os.remove(filler)
  within(30, lambda: b.read("large") == large, "it catches up when there is room")
  converge(a, b)


@test("a full ext4 disk: said, nothing half, and caught up when there is room")
def full_ext4(world):
  full_disk(world, "ext4")


@test("a full tmpfs: said, nothing half, and caught up when there is room")
def full_tmpfs(world):
  full_disk(world, "tmpfs")


@test("a disk full of small files: said, and caught up when there is room")
def full_of_small(world):
  a, b, filler = on_small_disk(world, "tmpfs")
  source = random.Random(3)
  for number in range(200):
    a.write(f"many/{number}", source.randbytes(100_000))
  b.says("disk is full", "Free some space", seconds=30)
  os.remove(filler)
  converge(a, b)


@test("a disk that becomes read-only: said, and caught up when it is writable")
def read_only(world):
  a, b, _ = on_small_disk(world, "tmpfs")
  disk = os.path.dirname(b.share)
  subprocess.run(["mount", "-o", "remount,ro", disk], check=True, timeout=30)
  a.write("small", b"small")
  b.says("warning", "read-only", seconds=30)
  subprocess.run(["mount", "-o", "remount,rw", disk], check=True, timeout=30)
  converge(a, b)
  assert b.read("small") == b"small"
