"""Two hosts on one machine: network namespaces, joined by a pair of virtual interfaces."""
import os
import subprocess

ADDRESS = {"A": "10.77.0.1", "B": "10.77.0.2"}


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


class Network:
    """Up within a `with`. `megabits` slows both directions down (tc-tbf(8))."""

    def __init__(self, megabits=None):
        self.megabits = megabits
        self.names = {side: f"rival{os.getpid()}{side}" for side in "AB"}
        self.device = "bench0"
        self.holders = {}

    def __enter__(self):
        try:
            for side, name in self.names.items():
                run("ip", "netns", "add", name)
                # Keeps a /proc/PID/net of the namespace at hand.
                self.holders[side] = subprocess.Popen(
                    self.within(side, "sleep", "infinity"), stdin=subprocess.DEVNULL)
            run("ip", "link", "add", self.device, "netns", self.names["A"], "type", "veth",
                "peer", "name", self.device, "netns", self.names["B"])
            for side, name in self.names.items():
                run("ip", "-n", name, "address", "add", ADDRESS[side] + "/24", "dev", self.device)
                run("ip", "-n", name, "link", "set", "lo", "up")
                run("ip", "-n", name, "link", "set", self.device, "up")
                if self.megabits:
                    run("tc", "-n", name, "qdisc", "add", "dev", self.device, "root", "tbf",
                        "rate", f"{self.megabits}mbit", "burst", "32kb", "latency", "50ms")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for holder in self.holders.values():
            holder.kill()
            holder.wait()
        for name in self.names.values():
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)

    def within(self, side, *command):
        """The command line that runs a command on one of the hosts."""
        return ["ip", "netns", "exec", self.names[side], *map(str, command)]

    def sent(self, side):
        """Bytes that a host has put on the wire, headers and repetitions included."""
        with open(f"/proc/{self.holders[side].pid}/net/dev") as file:
            for line in file:
                name, _, counters = line.partition(":")
                if name.strip() == self.device:
                    return int(counters.split()[8])
        raise RuntimeError(f"no counters of {self.device}")
