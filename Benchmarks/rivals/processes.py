"""Processor time and memory of all processes of one side: each side is a session (setsid(2))."""
import os
import signal
import subprocess
import threading
import time

TICK = 1 / os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def fields(process):
    """What /proc/PID/stat says behind the name; None if the process is gone."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


class Side:
    """The processes of one host. What ended is counted by whoever waited for it."""

    def __init__(self, log):
        self.log = open(log, "ab")
        self.leaders = []
        self.ended_seconds = 0.0
        self.peak = 0

    def start(self, command):
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            start_new_session=True)
        self.leaders.append(process)
        return process

    def finish(self, process):
        """Waits for one; fails if it did."""
        _, status, usage = os.wait4(process.pid, 0)
        self.leaders.remove(process)
        self.ended_seconds += usage.ru_utime + usage.ru_stime
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{process.args} ended with {process.returncode}")

    def members(self):
        sessions = {str(process.pid).encode() for process in self.leaders}
        found = ((name, fields(name)) for name in os.listdir("/proc") if name.isdigit())
        return [stat for _, stat in found if stat and stat[3] in sessions]

    def seconds(self):
        """Of processors, so far."""
        living = sum(sum(map(int, stat[11:15])) for stat in self.members())
        return self.ended_seconds + living * TICK

    def threads(self):
        """Seconds of processors by name of thread; of threads that live."""
        found = {}
        for process in self.leaders:
            try:
                for thread in os.listdir(f"/proc/{process.pid}/task"):
                    with open(f"/proc/{process.pid}/task/{thread}/stat") as file:
                        head, _, tail = file.read().rpartition(")")
                    name, stat = head.partition("(")[2], tail.split()
                    found[name] = found.get(name, 0) + (int(stat[11]) + int(stat[12])) * TICK
            except (FileNotFoundError, ProcessLookupError):
                pass
        return found

    def note_memory(self):
        self.peak = max(self.peak, sum(int(stat[21]) for stat in self.members()) * PAGE)

    def stop(self):
        for process in self.leaders:
            try:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(15)
            except ProcessLookupError:
                process.wait()
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.leaders = []
        self.log.close()


class MemoryWatch:
    """Looks at the memory of both sides ten times a second, within a `with`."""

    def __init__(self, sides):
        self.sides = sides
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.over.wait(0.1):
            for side in self.sides:
                side.note_memory()

    def __enter__(self):
        for side in self.sides:
            side.peak = 0
            side.note_memory()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def wait_until(condition, seconds, pause=0.002):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(pause)
