"""leftd, as `leftd run` starts it without a configuration."""
import subprocess

from network import ADDRESS

PORT = 22001


class Leftd:
    packages = []
    notes = "as installed: encrypted, every content verified, durable before it is acknowledged"
    own = {".leftd"}

    def __init__(self, pair):
        self.pair = pair
        self.binary = pair.binary

    @staticmethod
    def version(binary):
        return subprocess.run([binary, "--version"], capture_output=True, text=True).stdout.split()[1]

    def start(self):
        ids = {side: subprocess.run(
            [self.binary, "id", "--state", self.pair.state(side)], capture_output=True, text=True,
            check=True).stdout.split()[-1] for side in "AB"}
        for side, other in ("AB", "BA"):
            self.pair.run(
                side, self.binary, "run", "--share", self.pair.shares[side],
                "--state", self.pair.state(side), "--listen", f"{ADDRESS[side]}:{PORT}",
                "--peer", f"{ids[other]}@{ADDRESS[other]}:{PORT}")

    def changed(self):
        """It sees changes by itself."""

    def await_durable(self):
        """Returns when B has everything durably."""
        subprocess.run(
            [self.binary, "wait", "--timeout", "300", "--state", self.pair.state("A")], check=True,
            capture_output=True)
