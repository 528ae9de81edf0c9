"""Two shares and a tool between them, for one run of a group of works."""
import hashlib
import os
import pathlib
import subprocess
import time

from processes import MemoryWatch, Side, wait_until

# What takes longer counts as not done.
PATIENCE = 300


class Pair:
    def __init__(self, network, folder, store, binary, tool):
        self.network = network
        self.folder = pathlib.Path(folder)
        self.store = store
        self.binary = binary
        self.number = 0
        self.shares = {side: self.folder / side / "share" for side in "AB"}
        self.aside = {side: self.folder / side / "aside" for side in "AB"}
        for side in "AB":
            for path in (self.shares[side], self.aside[side], self.state(side)):
                path.mkdir(parents=True)
        self.sides = {side: Side(self.folder / f"{side}.log") for side in "AB"}
        self.driver = tool(self)

    def state(self, side):
        return self.folder / side / "state"

    def run(self, side, *command):
        """Starts a process of the tool."""
        return self.sides[side].start(self.network.within(side, *command))

    def run_once(self, side, *command):
        self.sides[side].finish(self.run(side, *command))

    def start(self):
        """Starts the tool, and returns when a first file has come through."""
        self.driver.start()
        time.sleep(0.5)
        (self.shares["A"] / "first").write_bytes(b"first")
        self.driver.changed()
        wait_until((self.shares["B"] / "first").exists, 120, 0.05)
        self.settle()

    def settle(self):
        """Waits until no process has done anything for two seconds."""
        quiet_since, before = time.monotonic(), self.seconds()
        end = time.monotonic() + 60
        while time.monotonic() - quiet_since < 2 and time.monotonic() < end:
            time.sleep(0.25)
            now = self.seconds()
            if now["A"] + now["B"] > before["A"] + before["B"] + 0.05:
                quiet_since, before = time.monotonic(), now
        os.sync()

    def seconds(self):
        return {side: self.sides[side].seconds() for side in "AB"}

    def measure(self, work):
        """One change, from its end until B has it; a dictionary of figures."""
        work.prepare(self)
        os.sync()
        time.sleep(0.5)
        seconds = self.seconds()
        wire = {side: self.network.sent(side) for side in "AB"}
        threads = {side: self.sides[side].threads() for side in "AB"}
        figures = {}
        with MemoryWatch(self.sides.values()):
            work.change(self)
            start = time.monotonic()
            self.driver.changed()
            wait_until(lambda: work.is_there(self), PATIENCE)
            figures["seconds"] = time.monotonic() - start
            if hasattr(self.driver, "await_durable"):
                self.driver.await_durable()
                figures["durable_seconds"] = time.monotonic() - start
            # What follows the change belongs to it.
            time.sleep(1 if work.repeats == 1 else 0.05)
        now = self.seconds()
        for side in "AB":
            figures[f"cpu_{side}"] = now[side] - seconds[side]
            figures[f"threads_{side}"] = {
                name: round(used - threads[side].get(name, 0), 2)
                for name, used in self.sides[side].threads().items()
                if used - threads[side].get(name, 0) >= 0.01}
            figures[f"wire_{side}"] = self.network.sent(side) - wire[side]
            figures[f"memory_{side}"] = self.sides[side].peak
        if work.repeats == 1 or self.number == work.repeats:
            self.compare()
            self.settle()
        return figures

    def compare(self):
        """Both shares must be equal to the last byte."""
        trees = [self.digests(self.shares[side]) for side in "AB"]
        if trees[0] != trees[1]:
            differing = sorted(set(trees[0].items()) ^ set(trees[1].items()))[:5]
            raise AssertionError(f"the shares differ: {differing}")

    def digests(self, top):
        found = {}
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders if name not in self.driver.own]
            for name in files:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, top)] = hashlib.file_digest(
                        file, "blake2b").hexdigest()
        return found

    def stop(self):
        for side in self.sides.values():
            side.stop()
