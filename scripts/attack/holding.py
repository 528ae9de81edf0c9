"""`leftd hold`: what a command does arrives as one, however long it takes."""

import os
import signal
import subprocess
import sys
import threading
import time

from node import converge, within
from suite import test


def hold(node, *words, options=(), **keywords):
  """Runs a shell command line under a hold in the share; how it ended."""
  command = [node.world.leftd, "hold", "--state", node.state, *options, "--", *words]
  return subprocess.run(command, cwd=node.share, capture_output=True, text=True, timeout=120,
                        **keywords)


def applied(node):
  """How many units were applied."""
  return node.log().count("notice: Applied ")


class Observer:
  """Counts how many of some files are there, again and again, until told to stop."""

  def __init__(self, node, directory):
    self.seen = set()
    self._path, self._stopped = node.path(directory), False
    self._thread = threading.Thread(target=self._run)

  def _run(self):
    while not self._stopped:
      try:
        self.seen.add(len(os.listdir(self._path)))
      except FileNotFoundError:
        self.seen.add(0)
      time.sleep(0.005)

  def __enter__(self):
    self._thread.start()
    return self

  def __exit__(self, *_):
    self._stopped = True
    self._thread.join()


@test("what a slow command does arrives in one piece, and what was before and beside it apart")
def slow(world):
  a, b = world.pair()
  a.write("old", b"old")
  a.write("dir/keep", b"keep")
  converge(a, b)
  a.write("before", b"before")
  with Observer(b, "new") as observer:
    done = hold(a, "sh", "-c", """
      mkdir draft; echo 0 > draft/0; sleep 0.1; mv draft new; rm new/0
      for i in 1 2 3 4 5 6 7 8; do echo $i > new/$i; sleep 0.1; done
      mv dir moved; sleep 0.1; mv old moved/old; echo more > moved/more; sleep 0.1
      test -e '{0}' || exit 9
    """.replace("{0}", b.path("before")))
    assert done.returncode == 0, done
    before = applied(b)
    converge(a, b)
  # A new directory appears by one rename, with all that is in it.
  assert observer.seen == {0, 8}, f"parts were seen: {observer.seen}"
  assert applied(b) - before <= 1, b.log()[-600:]
  assert b.read("moved/keep") == b"keep" and b.read("moved/old") == b"old"
  assert b.read("dir/keep") is None


@test("a hold of one directory leaves the rest of the share alone")
def one_directory(world):
  a, b = world.pair()
  a.write("inside/x", b"1")
  converge(a, b)
  done = hold(a, "sh", "-c", f"""
    echo 2 > inside/x; echo free > outside
    for i in $(seq 100); do test -e {b.path('outside')} && break; sleep 0.1; done
    test "$(cat {b.path('outside')})" = free || exit 9
    sleep 0.3
    test "$(cat {b.path('inside/x')})" = 1 || exit 8
  """, options=("--in", a.path("inside")))
  assert done.returncode == 0, done
  converge(a, b)
  assert b.read("inside/x") == b"2\n"


@test("five thousand files under a hold are one unit")
def many(world):
  a, b = world.pair()
  a.write("many/first", b"first")
  converge(a, b)
  with Observer(b, "many") as observer:
    done = hold(a, sys.executable, "-c", """
import os, time
for number in range(5000):
  with open(f"many/{number}", "w") as file: file.write(str(number))
  if number % 1000 == 0: time.sleep(0.05)
""")
    assert done.returncode == 0, done
    before = applied(b)
    assert a.wait(100), "B does not get it"
  assert applied(b) - before <= 1, b.log()[-600:]
  # Renames are visible one by one while the unit is put in place; nothing else is.
  assert len(os.listdir(b.path("many"))) == 5001
  assert a.read("many/4999") == b.read("many/4999")


@test("hold ends as its command ends, and says what it cannot do")
def statuses(world):
  a, b = world.pair()
  assert hold(a, "sh", "-c", "exit 7").returncode == 7
  assert hold(a, "sh", "-c", "kill -TERM $$").returncode == 128 + signal.SIGTERM
  assert hold(a, "/nonexistent/program").returncode == 127
  assert hold(a, a.share).returncode == 126
  outside = hold(a, "true", options=("--in", world.outside))
  assert outside.returncode == 1 and "lies in no share" in outside.stderr, outside
  # A hold within a hold, and a wait within one.
  inner = f"'{world.leftd}' hold --state {a.state} -- sh -c 'echo inner > inner'"
  inner += f" && '{world.leftd}' wait --timeout 20 --state {a.state} && echo outer > outer"
  done = hold(a, "sh", "-c", inner)
  assert done.returncode == 0, done
  converge(a, b)
  assert b.read("inner") == b"inner\n" and b.read("outer") == b"outer\n"
  a.stop()
  away = hold(a, "touch", a.path("never"))
  assert away.returncode == 1 and "leftd is not running" in away.stderr, away
  assert a.read("never") is None, "the command ran although nothing could be held"
  anyway = hold(a, "sh", "-c", "touch ran; exit 3", options=("--anyway",))
  assert anyway.returncode == 3 and "nothing is held" in anyway.stderr, anyway
  a.start()
  converge(a, b)
  assert b.read("ran") == b""


@test("a hold whose client is killed ends by itself")
def killed(world):
  a, b = world.pair()
  command = [world.leftd, "hold", "--state", a.state, "--", "sleep", "1000"]
  client = subprocess.Popen(command, cwd=a.share, stderr=subprocess.DEVNULL, start_new_session=True)
  try:
    a.says("Changes are held together")
    a.write("x", b"x")
    time.sleep(1)
    assert b.read("x") is None, "a hold holds nothing"
    client.kill()
    within(10, lambda: b.read("x") == b"x", "what was held arrives")
    converge(a, b)
  finally:
    os.killpg(client.pid, signal.SIGKILL)
    client.wait()


@test("peers' changes and conflicts go on under a hold")
def both(world):
  a, b = world.pair()
  a.write("d/shared", b"1")
  a.write("d/deep/x", b"x")
  converge(a, b)
  done = hold(a, "sh", "-c", f"""
    echo mine > d/shared; echo deep > d/deep/x
    echo theirs, longer > {b.path('d/shared')}; echo other > {b.path('other')}
    mv {b.path('d/deep')} {b.path('d/flat')}
    for i in $(seq 100); do test -e other && test -e d/flat && break; sleep 0.1; done
    test -e other || exit 9
    sleep 0.5
    test "$(cat d/shared)" = mine || exit 8
  """)
  assert done.returncode == 0, done
  converge(a, b)
  contents = {found[1] for found in a.tree().values() if found[0] == "file"}
  assert {b"mine\n", b"theirs, longer\n", b"other\n", b"deep\n"} <= contents, contents
