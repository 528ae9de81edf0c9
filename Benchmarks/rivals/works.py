"""What is measured: changes in the share of A, and how to see that B has them.

A group of works runs one after the other in one pair of shares; `Work.prepare` makes what is needed
beside the share, untimed, and `Work.change` is the change. `is_there` is a cheap look; a comparison
of every byte follows when the clock has stopped.
"""
import dataclasses
import os
import random
import shutil
from typing import Callable

MIB = 1 << 20


@dataclasses.dataclass
class Work:
    name: str
    title: str
    prepare: Callable
    change: Callable
    is_there: Callable
    # A further run within the same pair, as often as this.
    repeats: int = 1


def write_noise(path, size, seed):
    generator = random.Random(seed)
    with open(path, "wb") as file:
        for start in range(0, size, MIB):
            file.write(generator.randbytes(min(MIB, size - start)))


def write_log_text(path, size, seed):
    """Lines as a web server writes them: about a fifth of it when compressed."""
    generator = random.Random(seed)
    hosts = [f"10.{generator.randrange(256)}.{generator.randrange(256)}.{n}" for n in range(200)]
    pages = [f"/{generator.choice('abcdef')}/{generator.randrange(10**6):06}" for _ in range(500)]
    moment, written = 1_700_000_000, 0
    with open(path, "wb") as file:
        while written < size:
            lines = []
            for _ in range(5000):
                moment += generator.randrange(3)
                lines.append(
                    f"{generator.choice(hosts)} - - [{moment}] \"GET {generator.choice(pages)} "
                    f"HTTP/1.1\" {generator.choice((200, 200, 200, 304, 404))} "
                    f"{generator.randrange(100_000)} {generator.randrange(1 << 24):06x}\n")
            block = "".join(lines).encode()[:size - written]
            file.write(block)
            written += len(block)


def write_tree(path, count, seed):
    generator = random.Random(seed)
    for number in range(count):
        folder = os.path.join(path, f"d{number // 100:03}")
        if number % 100 == 0:
            os.makedirs(folder)
        with open(os.path.join(folder, f"f{number % 100:02}"), "wb") as file:
            file.write(generator.randbytes(4096))


class Store:
    """Contents that are made once and copied for each run."""

    def __init__(self, folder):
        self.folder = folder

    def copy(self, make, amount, target):
        source = os.path.join(self.folder, f"{make.__name__}-{amount}")
        if not os.path.exists(source):
            make(source + ".new", amount, amount)
            os.rename(source + ".new", source)
        if os.path.isdir(source):
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)


def blocks(path, places):
    with open(path, "rb") as file:
        found = []
        for place in places:
            file.seek(place)
            found.append(file.read(64))
        return found


def same_file(pair, name):
    """Size, beginning, middle and end."""
    try:
        here, there = pair.shares["A"] / name, pair.shares["B"] / name
        size = there.stat().st_size
        places = [0, size // 2, size // 2 + 4096, max(0, size - 64)]
        return here.stat().st_size == size and blocks(here, places) == blocks(there, places)
    except FileNotFoundError:
        return False


def same_tree(pair, name, count):
    """The last file that a copy in order would make, and then their number."""
    top = pair.shares["B"] / name
    if not (top / f"d{(count - 1) // 100:03}" / f"f{(count - 1) % 100:02}").exists():
        return False
    found = 0
    for _, _, files in os.walk(top):
        found += sum(1 for file in files if not file.startswith("."))
    return found == count


def moved_in(name, title, make, amount, is_tree=False):
    """Something that is moved into the share whole."""
    return Work(
        name, title,
        prepare=lambda pair: pair.store.copy(make, amount, pair.aside["A"] / name),
        change=lambda pair: os.rename(pair.aside["A"] / name, pair.shares["A"] / name),
        is_there=lambda pair: (
            same_tree(pair, name, amount) if is_tree else same_file(pair, name)))


def renamed(name, title, old, look):
    return Work(
        name, title, prepare=lambda pair: None,
        change=lambda pair: os.rename(pair.shares["A"] / old, pair.shares["A"] / name),
        is_there=lambda pair: (
            look(pair, name) and not (pair.shares["B"] / old).exists()))


def written(name, title, file, write):
    """A change of a file in place; what it is changed to comes from `write`."""
    return Work(name, title, prepare=lambda pair: None, change=lambda pair: write(
        pair.shares["A"] / file), is_there=lambda pair: same_file(pair, file))


def overwrite(share, whole):
    def write(path):
        noise = random.Random(7).randbytes(share)
        with open(path, "r+b") as file:
            file.seek(whole // 2)
            file.write(noise)
    return write


def insert_byte(path):
    aside = path.parent.parent / "aside" / "inserted"
    with open(aside, "wb") as new, open(path, "rb") as old:
        new.write(b"!")
        shutil.copyfileobj(old, new, MIB)
    os.rename(aside, path)


def small_file():
    def change(pair):
        pair.number += 1
        (pair.shares["A"] / f"latency{pair.number}").write_bytes(os.urandom(1024))

    return Work(
        "latency", "1 KiB file written", prepare=lambda pair: None, change=change,
        is_there=lambda pair: same_file(pair, f"latency{pair.number}"), repeats=20)


def deleted(name, title, tree):
    return Work(
        name, title, prepare=lambda pair: None,
        change=lambda pair: shutil.rmtree(pair.shares["A"] / tree),
        is_there=lambda pair: not (pair.shares["B"] / tree).exists())


GIB, HALF = 1 << 30, 500_000_000

GROUPS = [
    (None, [
        moved_in("noise", "1 GiB incompressible", write_noise, GIB),
        renamed("rename-file", "1 GiB renamed", "noise", same_file),
    ]),
    (None, [moved_in("text", "1 GiB log text", write_log_text, GIB)]),
    (None, [
        moved_in("tree", "10,000 files of 4 KiB", write_tree, 10_000, is_tree=True),
        renamed("rename-tree", "their directory renamed", "tree",
                lambda pair, name: same_tree(pair, name, 10_000)),
        deleted("delete", "10,000 files deleted", "rename-tree"),
    ]),
    (None, [
        moved_in("base", "500 MB incompressible", write_noise, HALF),
        written("change-part", "500 MB, 10 % changed", "base", overwrite(HALF // 10, HALF)),
        written("change-byte", "500 MB, one byte changed", "base", overwrite(1, HALF)),
        written("insert-byte", "500 MB, one byte inserted", "base", insert_byte),
    ]),
    (None, [small_file()]),
    (100, [
        moved_in("link-noise", "100 Mbit/s: 50 MB incompressible", write_noise, 50_000_000),
        moved_in("link-text", "100 Mbit/s: 50 MB log text", write_log_text, 50_000_000),
        moved_in("link-tree", "100 Mbit/s: 1,000 files of 4 KiB", write_tree, 1000, is_tree=True),
    ]),
]
