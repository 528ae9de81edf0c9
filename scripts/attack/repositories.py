"""Bundles: a git repository that is worked on arrives only as it was when nobody was at work in it.

REPOSITORY_SECONDS says how long it is worked on; 15 without it.
"""

import os
import random
import shutil
import signal
import subprocess
import threading
import time

from node import Skip, alike, converge, within
from suite import test

IDENTITY = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "gc.auto=0",
            # What gc leaves there may name commits that are gone, here as there.
            "-c", "gc.writeCommitGraph=false"]
BROKEN = ("error", "fatal", "missing", "broken", "bad ", "corrupt", "invalid")


def git(node, *words, check=True, at="repo"):
  environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": node.place,
                 "GIT_OPTIONAL_LOCKS": "0", "GIT_EDITOR": "true"}
  done = subprocess.run(["git", *IDENTITY, "-C", node.path(at), *words], env=environment,
                        capture_output=True, text=True, timeout=60)
  assert not check or done.returncode == 0, f"git {words}: {done.stdout}{done.stderr}"
  return done


def faults(node, at="repo"):
  """What is wrong with a node's repository."""
  found = git(node, "fsck", "--full", "--no-dangling", "--no-progress", check=False, at=at)
  lines = (found.stdout + found.stderr).splitlines()
  wrong = [line for line in lines if any(word in line.lower() for word in BROKEN)]
  if found.returncode != 0:
    wrong.append(f"fsck ended with {found.returncode}")
  head = git(node, "log", "-1", "--format=%H", check=False, at=at)
  if head.returncode != 0:
    wrong.append(head.stderr.strip())
  return wrong


def generation(node):
  """How many units were applied."""
  return node.log().count("Applied ")


class Programmer:
  """Somebody who works in a repository."""

  def __init__(self, node, seed, at="repo"):
    self.node, self.random, self.number, self.at = node, random.Random(seed), 0, at
    os.makedirs(node.path(at), exist_ok=True)
    self.git("init", "--quiet", "--initial-branch=main")
    self.commit()

  def git(self, *words, check=True):
    return git(self.node, *words, check=check, at=self.at)

  def commit(self):
    self.number += 1
    for _ in range(self.random.randrange(1, 4)):
      name = f"{self.at}/dir{self.random.randrange(3)}/file{self.random.randrange(8)}"
      self.node.write(name, f"{self.number}\n".encode() * self.random.randrange(1, 400))
    self.git("add", "--all")
    self.git("commit", "--quiet", "--allow-empty", "--message", f"change {self.number}")

  def branch_and_rebase(self):
    self.git("checkout", "--quiet", "-B", "topic", "HEAD~1", check=False)
    self.node.write(f"{self.at}/topic{self.number}", b"topic\n")
    self.commit()
    self.git("rebase", "--quiet", "main", check=False)
    self.git("rebase", "--abort", check=False)
    self.git("checkout", "--quiet", "--force", "main")
    self.git("merge", "--quiet", "--no-edit", "topic", check=False)
    self.git("merge", "--abort", check=False)
    self.git("branch", "--quiet", "-D", "topic", check=False)

  def work(self):
    """One thing that programmers do."""
    choice = self.random.randrange(10)
    if choice < 5:
      self.commit()
    elif choice < 7:
      self.branch_and_rebase()
    elif choice == 7:
      self.git("gc", "--quiet", "--prune=now")
    elif choice == 8:
      self.git("tag", "--force", f"team/v{self.random.randrange(4)}")
      self.git("pack-refs", "--all")
    else:
      self.git("commit", "--quiet", "--amend", "--allow-empty", "--message", "amended")
      self.git("reflog", "expire", "--expire=now", "--all")
      self.git("repack", "-adq")


class Sampler:
  """Looks at the other side's repository again and again, whenever what tells it of changes is
  stopped and all that was told is applied: what it finds then is what one set after another made
  of it."""

  def __init__(self, teller, node, seed):
    self.teller, self.node, self.random = teller, node, random.Random(seed)
    self.wrong, self.seen = [], set()
    self._stopped = False
    self._thread = threading.Thread(target=self._run)

  def _run(self):
    while not self._stopped:
      time.sleep(self.random.random() * 0.3)
      self.teller.process.send_signal(signal.SIGSTOP)
      try:
        self._look()
      finally:
        self.teller.process.send_signal(signal.SIGCONT)

  def _look(self):
    before = None
    while before != generation(self.node):
      before = generation(self.node)
      time.sleep(0.2)
    if os.path.exists(self.node.path("repo/.git/HEAD")):
      self.seen.add(before)
      # A flip may have been under way, or have been tried again. What stays wrong is wrong.
      for _ in range(4):
        wrong = faults(self.node)
        if not wrong:
          return
        time.sleep(0.5)
      self.wrong.append((generation(self.node), wrong))

  def __enter__(self):
    self._thread.start()
    return self

  def __exit__(self, *_):
    self._stopped = True
    self._thread.join()


def need_git():
  if shutil.which("git") is None:
    raise Skip("git is not installed")


@test("a git repository that is worked on: clean on the other side at every applied set")
def worked_on(world):
  need_git()
  a, b = world.pair()
  source = random.Random(7)
  programmer = Programmer(a, 7)
  with Sampler(a, b, 7) as sampler:
    end = time.monotonic() + float(os.environ.get("REPOSITORY_SECONDS", 15))
    while time.monotonic() < end:
      programmer.work()
      time.sleep(source.choice((0, 0, 0.05, 0.2, 0.4)))
  print(f"  {programmer.number} commits; looked at after {len(sampler.seen)} sets, of which "
        f"{len(sampler.wrong)} left something wrong")
  assert not sampler.wrong, f"{sampler.wrong[:3]}"
  assert len(sampler.seen) >= 4, "too few sets were looked at"
  converge(a, b)
  assert not faults(a) and not faults(b)
  assert git(a, "rev-parse", "HEAD").stdout == git(b, "rev-parse", "HEAD").stdout
  assert git(b, "status", "--porcelain").stdout == ""


@test("a repository with a lock isn't taken, and one with a lock elsewhere isn't changed")
def locked(world):
  need_git()
  a, b = world.pair()
  programmer = Programmer(a, 8)
  converge(a, b)
  old = git(b, "rev-parse", "HEAD").stdout
  # Here somebody is at work.
  programmer.commit()
  with open(a.path("repo/.git/index.lock"), "wb"):
    pass
  a.write("repo/.git/refs/heads/other", git(a, "rev-parse", "HEAD").stdout.encode())
  a.write("beside", b"1")
  within(10, lambda: b.read("beside") == b"1", "what is beside it goes on")
  time.sleep(2)
  assert b.read("repo/.git/refs/heads/other") is None, "taken although it is locked"
  assert a.run("wait", "--timeout", "1").returncode == 2
  os.remove(a.path("repo/.git/index.lock"))
  converge(a, b)
  assert git(b, "rev-parse", "other").stdout == git(a, "rev-parse", "HEAD").stdout != old
  # And there.
  os.makedirs(b.path("repo/.git/refs/heads/x"), exist_ok=True)
  with open(b.path("repo/.git/refs/heads/x/y.lock"), "wb"):
    pass
  known = git(b, "rev-parse", "HEAD").stdout
  programmer.commit()
  a.write("beside", b"2")
  within(20, lambda: b.read("beside") == b"2", "what is beside it goes on")
  time.sleep(3)
  assert git(b, "rev-parse", "HEAD").stdout == known, "changed although it is locked"
  os.remove(b.path("repo/.git/refs/heads/x/y.lock"))
  converge(a, b)
  assert git(b, "rev-parse", "HEAD").stdout == git(a, "rev-parse", "HEAD").stdout
  assert not faults(b)


@test("a clone, a repository found at the start, one that is moved, and one that goes")
def come_and_go(world):
  need_git()
  a, b = world.pair()
  Programmer(a, 9)
  converge(a, b)
  before = generation(b)
  git(a, "clone", "--quiet", a.path("repo"), a.path("clone"))
  converge(a, b)
  assert not faults(b, at="clone")
  assert not faults(a, at="clone")
  a.stop()
  other = Programmer(a, 10, at="found")
  other.commit()
  a.start()
  converge(a, b)
  assert not faults(b, at="found") and generation(b) > before
  os.rename(a.path("clone"), a.path("moved"))
  os.rename(a.path("found/.git"), a.path("found/aside"))
  converge(a, b)
  assert not faults(b, at="moved") and not os.path.exists(b.path("found/.git"))
  os.rename(a.path("found/aside"), a.path("found/.git"))
  converge(a, b)
  assert not faults(b, at="found")
  shutil.rmtree(a.path("repo/.git"))
  converge(a, b)
  assert not os.path.exists(b.path("repo/.git"))


@test("commits on both sides at once: one repository stands whole, the other lies beside it, whole")
def both(world):
  need_git()
  a, b = world.pair()
  programmer = Programmer(a, 11)
  for _ in range(3):
    programmer.commit()
  converge(a, b)
  b.stop()
  tips = []
  for node, name in ((a, "one"), (b, "two")):
    node.write(f"repo/{name}", name.encode())
    git(node, "add", "--all")
    git(node, "commit", "--quiet", "--message", name)
    tips.append(git(node, "rev-parse", "HEAD").stdout.strip())
  # What the other commit refers to goes, and comes in another place.
  git(a, "gc", "--quiet", "--prune=now")
  b.start()
  converge(a, b)
  assert alike(a, b)
  beside = [name for name in os.listdir(a.path("repo")) if name.startswith(".git.conflict-")]
  assert len(beside) == 1, beside
  for node in (a, b):
    assert not faults(node), faults(node)
    other = f"--git-dir={beside[0]}"
    found = git(node, other, "fsck", "--full", "--no-dangling", "--no-progress")
    assert not any(word in found.stdout + found.stderr for word in BROKEN), found
    heads = [git(node, *words, "rev-parse", "HEAD").stdout.strip() for words in ([], [other])]
    assert sorted(heads) == sorted(tips)
    # How a person brings the two together.
    git(node, "fetch", "--quiet", f"./{beside[0]}", "main")
    assert git(node, "rev-parse", "FETCH_HEAD").stdout.strip() == heads[1]
  listed = a.run("conflicts").stdout
  assert beside[0] in listed, listed
