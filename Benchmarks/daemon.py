"""A running leftd, as the benchmarks see it."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time


class Daemon:
    """One node with one share; `peers` are others that run or will run."""

    def __init__(self, binary, folder, port):
        self.binary = binary
        self.folder = pathlib.Path(folder)
        self.share = self.folder / "share"
        self.state = self.folder / "state"
        self.share.mkdir(parents=True, exist_ok=True)
        self.state.mkdir(exist_ok=True)
        self.port = port
        self.process = None

    @property
    def id(self):
        command = [self.binary, "id", "--state", self.state]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def start(self, *peers):
        # Short: the path of a socket has 107 bytes at most.
        words = ["run", "--share", self.share, "--state", self.state]
        words += ["--listen", f"127.0.0.1:{self.port}"]
        for peer in peers:
            words += ["--peer", f"{peer.id}@127.0.0.1:{peer.port}"]
        log = open(self.folder / "log", "a")
        self.process = subprocess.Popen([self.binary, *words], stderr=log)

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.process = None

    def status(self):
        """The words of the control socket's answer, by the first of each line; None before it is up."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self.state / "leftd.sock"))
                connection.sendall(b"status\n")
                text = b""
                while not text.endswith(b"end\n"):
                    more = connection.recv(65536)
                    if not more:
                        return None
                    text += more
        except OSError:
            return None
        return {line.split(" ")[0]: line.split(" ")[1:] for line in text.decode().splitlines()[1:]}

    def state_is(self, wanted, files):
        answer = self.status()
        return bool(answer) and answer["share"][2] == wanted and int(answer["share"][4]) == files

    def wait_idle(self, files, seconds=600, pause=0.002):
        wait(lambda: self.state_is("idle", files), seconds, pause)

    @property
    def sequence(self):
        return int(self.status()["share"][7])

    def memory(self, key):
        """VmRSS or VmHWM in MiB."""
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith(key):
                return int(line.split()[1]) / 1024

    @property
    def wakeups(self):
        """How often its threads have fallen asleep: each wake-up ends with that."""
        count = 0
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            for line in open(f"/proc/{self.process.pid}/task/{thread}/status"):
                if line.startswith("voluntary_ctxt_switches"):
                    count += int(line.split()[1])
        return count


def wait(condition, seconds, pause=0.002):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("it takes too long")
        time.sleep(pause)
