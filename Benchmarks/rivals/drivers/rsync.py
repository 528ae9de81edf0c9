"""rsync to an rsync daemon on B, started the moment that a change is complete. It watches nothing:
its times are those of a tool that somehow knows at once."""
import subprocess

from network import ADDRESS

PORT = 8730


def start_daemon(pair):
    configuration = pair.state("B") / "rsyncd.conf"
    configuration.write_text(
        f"use chroot = no\nread only = no\nuid = root\ngid = root\naddress = {ADDRESS['B']}\n"
        f"port = {PORT}\n[share]\npath = {pair.shares['B']}\n")
    pair.run("B", "rsync", "--daemon", "--no-detach", f"--config={configuration}")


def address():
    return f"rsync://{ADDRESS['B']}:{PORT}/share/"


class Rsync:
    packages = ["rsync"]
    notes = "-a --delete --no-whole-file to a plain rsync daemon; started with each change"
    options = ["-a", "--delete", "--no-whole-file"]
    own = set()

    def __init__(self, pair):
        self.pair = pair

    @staticmethod
    def version(_):
        told = subprocess.run(["rsync", "--version"], capture_output=True, text=True).stdout
        return told.split()[2]

    def start(self):
        start_daemon(self.pair)

    def changed(self):
        self.pair.run_once("A", "rsync", *self.options, f"{self.pair.shares['A']}/", address())


class CompressingRsync(Rsync):
    notes = "the same with -z"
    options = [*Rsync.options, "-z"]
