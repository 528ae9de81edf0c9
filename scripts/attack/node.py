"""Real daemons on the loopback, in a directory of their own."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

CRASHES = ("Fatal error", "Crash:", "Backtrace", "Precondition failed", "AddressSanitizer")


class Skip(Exception):
  """The machine does not allow a test; says why."""


def within(seconds, condition, what):
  """Repeats a condition until it holds; what it gave. The deadline is for what never comes."""
  deadline = time.monotonic() + seconds
  while True:
    result = condition()
    if result:
      return result
    assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
    time.sleep(0.02)


def free_port():
  while True:
    port = random.randrange(20000, 30000)
    with socket.socket() as probe:
      try:
        probe.bind(("127.0.0.1", port))
        return port
      except OSError:
        continue


class World:
  """The nodes of one test, and something beside them that nobody may touch."""

  def __init__(self, leftd):
    self.leftd = leftd
    parent = os.environ.get("TMPDIR", "/var/tmp")
    self.path = tempfile.mkdtemp(prefix="leftd-daemon.", dir=parent)
    self.nodes = []
    self.mounts = []
    self.outside = self.directory("outside")
    self.secret = os.path.join(self.outside, "secret")
    with open(self.secret, "w") as file:
      file.write("nobody's business\n")
    os.utime(self.secret, ns=(10**18, 10**18))
    self._before = self._look()

  def directory(self, *names):
    path = os.path.join(self.path, *names)
    os.makedirs(path, exist_ok=True)
    return path

  def node(self, name, **options):
    node = Node(self, name, **options)
    self.nodes.append(node)
    return node

  def pair(self, a=None, b=None):
    """Two running nodes that know each other's address, connected, whose shares have these
    settings."""
    nodes = self.node("A"), self.node("B")
    introduce(*nodes)
    for node, settings in zip(nodes, (a, b)):
      node.settings = settings or node.settings
      node.start()
    for node in nodes:
      within(20, node.is_connected, f"{node.name} has its peer")
    return nodes

  def mount(self, path, *arguments):
    """Mounts something for the time of the test; skips it where that is not allowed."""
    done = subprocess.run(
      ["mount", *arguments, path], capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
      raise Skip("may not mount: " + " ".join(done.stderr.split()))
    self.mounts.append(path)

  def _look(self):
    """Everything beside the shares and states, with what tells a change."""
    found = {}
    own = {os.path.join(node.place, name) for node in self.nodes for name in node.OWN}
    own |= set(self.mounts) | {node.share for node in self.nodes} | {self.path + "/aside"}
    for directory, names, files in os.walk(self.path):
      names[:] = [name for name in names if os.path.join(directory, name) not in own]
      for name in names + files:
        path = os.path.join(directory, name)
        if path not in own and path not in {node.place for node in self.nodes}:
          status = os.lstat(path)
          found[path] = status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    return found

  def end(self):
    """Stops every node in order and says what is wrong with that."""
    faults = []
    for node in self.nodes:
      faults += node.end()
    if self._look() != self._before:
      faults.append(f"something outside the share was touched: {self._look()}")
    return faults

  def keep(self):
    """Where $KEEP names a directory, everything of a failed test is copied there."""
    if "KEEP" in os.environ:
      where = os.path.join(os.environ["KEEP"], os.path.basename(self.path))
      shutil.copytree(os.fsencode(self.path), os.fsencode(where), symlinks=True,
                      ignore_dangling_symlinks=True, ignore=_sockets)

  def remove(self):
    for node in self.nodes:
      node.kill()
    for path in reversed(self.mounts):
      subprocess.run(["umount", "-l", path], capture_output=True, timeout=30)
    shutil.rmtree(os.fsencode(self.path), ignore_errors=True)


def _sockets(directory, names):
  return [name for name in names if name.endswith(b".sock" if isinstance(name, bytes) else ".sock")]


def introduce(*nodes):
  """Gives each node the address of all others."""
  for node in nodes:
    node.peers = [f"{other.id}@127.0.0.1:{other.port}" for other in nodes if other is not node]


class Node:
  """A daemon: its share, its state, its log."""

  OWN = ("share", "state", "log", "others")

  def __init__(self, world, name, share=None):
    self.world, self.name = world, name
    self.place = world.directory(name)
    self.share = share or world.directory(name, "share")
    self.state = os.path.join(self.place, "state")
    self.log_path = os.path.join(self.place, "log")
    self.port = free_port()
    self.peers = []
    # Keys of its [share] section; it has no configuration file as long as there are none.
    self.settings = {}
    # Keys of its [node] section; the same holds.
    self.node_settings = {}
    # Other shares, which lie in `others`, and which peers are in them, by name.
    self.other_shares = {}
    # More words for `leftd run`, as long as there is no configuration file.
    self.options = []
    self.process = None
    # What starts the daemon, and ends as it.
    self.prefix = ()
    self.id = self.run("id").stdout.split()[-1]

  # --- Its life

  def run(self, command, *arguments, seconds=60):
    return subprocess.run(
      [self.world.leftd, command, "--state", self.state, *arguments],
      capture_output=True, text=True, timeout=seconds)

  def launch(self):
    """Starts it without waiting for anything."""
    arguments = [*self.prefix, self.world.leftd, "run", "--verbose"]
    if self.settings or self.node_settings or self.other_shares:
      arguments += ["--config", self._configuration()]
    else:
      arguments += ["--share", self.share, "--listen", f"127.0.0.1:{self.port}"]
      arguments += ["--state", self.state]
      for peer in self.peers:
        arguments += ["--peer", peer]
      arguments += self.options
    keep = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    with open(self.log_path, "ab") as log:
      self.process = subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=keep)

  def _configuration(self):
    """A configuration file with its settings. Its peers are called as they are in this test."""
    lines = ["[node]", f"name = {self.name}", f"listen = 127.0.0.1:{self.port}"]
    lines += [f"state = {self.state}"]
    lines += [f"{key} = {value}" for key, value in self.node_settings.items()]
    lines += ["[share share]", f"path = {self.share}"]
    lines += [f"{key} = {value}" for key, value in self.settings.items()]
    for name, peers in self.other_shares.items():
      path = self.world.directory(self.name, "others", name)
      lines += [f"[share {name}]", f"path = {path}", f"peers = {' '.join(peers)}"]
    for peer in self.peers:
      identity, address = peer.split("@")
      name = next(node.name for node in self.world.nodes if node.id == identity)
      lines += [f"[peer {name}]", f"id = {identity}", f"address = {address}"]
    path = os.path.join(self.state, "leftd.conf")
    with open(path, "w") as file:
      file.write("\n".join(lines) + "\n")
    return path

  def start(self):
    self.launch()
    within(20, lambda: self.has_ended() or self.answers(), f"{self.name} answers")
    assert not self.has_ended(), f"{self.name} does not start: {self.log()[-500:]}"

  def refuses_to_start(self):
    """Starts it where it must not start; the sentence with which it refuses."""
    before = len(self.log())
    self.launch()
    within(20, self.has_ended, f"{self.name} refuses to start")
    code, self.process = self.process.returncode, None
    assert code == 1, f"{self.name} ended with {code}"
    return self.log()[before:]

  def has_ended(self):
    return self.process is None or self.process.poll() is not None

  def answers(self):
    return self.run("status", "--json").returncode == 0

  def kill(self):
    """Ends it as a power cut would."""
    if self.process and self.process.poll() is None:
      self.process.kill()
      self.process.wait(20)
    self.process = None

  def stop(self):
    """Ends it in order; its exit code."""
    self.process.send_signal(signal.SIGTERM)
    code = self.process.wait(20)
    self.process = None
    return code

  def end(self):
    """Stops it if it runs; what is wrong."""
    faults = []
    if self.process is not None:
      code = self.process.poll()
      if code is not None:
        faults.append(f"{self.name} ended by itself with {code}")
      else:
        try:
          code = self.stop()
        except subprocess.TimeoutExpired:
          faults.append(f"{self.name} does not stop")
          self.kill()
        else:
          if code != 0:
            faults.append(f"{self.name} stopped with {code}")
    faults += [f"{self.name}'s log has {word!r}" for word in CRASHES if word in self.log()]
    return faults

  # --- What it says

  def log(self):
    if not os.path.exists(self.log_path):
      return ""
    with open(self.log_path, "rb") as file:
      return file.read().decode("utf-8", "replace")

  def says(self, *words, seconds=15):
    """Waits until one line of the log has all these words."""
    def found():
      return any(all(word in line for word in words) for line in self.log().splitlines())
    within(seconds, found, f"{self.name} says {words}")

  def status(self):
    """The share's state."""
    return next(share for share in self.all_shares() if share["share"] == "share")

  def all_shares(self):
    """The state of every share."""
    done = self.run("status", "--json")
    assert done.returncode == 0, f"{self.name} does not answer: {done.stderr}"
    return json.loads(done.stdout)["shares"]

  def is_connected(self):
    return all(peer["connected"] for peer in self.status()["peers"])

  def total(self, counter):
    """`sent_bytes` or `received_bytes` over all peers since its start."""
    return sum(peer[counter] for peer in self.status()["peers"])

  def wait(self, seconds=60):
    """Whether every peer has durably what it has, by `leftd wait`."""
    done = self.run("wait", "--timeout", str(seconds), seconds=seconds + 30)
    return done.returncode == 0

  def memory(self):
    """The most memory it ever held, in MiB."""
    with open(f"/proc/{self.process.pid}/status") as file:
      for line in file:
        if line.startswith("VmHWM:"):
          return int(line.split()[1]) / 1024

  def processor_ticks(self):
    with open(f"/proc/{self.process.pid}/stat") as file:
      return sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13]))

  # --- Its files

  def path(self, *names):
    """A path in the share, as text or bytes like the names."""
    share = os.fsencode(self.share) if names and isinstance(names[0], bytes) else self.share
    return os.path.join(share, *names)

  def write(self, name, data):
    path = self.path(name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
      file.write(data)

  def read(self, name):
    """A file's bytes; None if there is none."""
    try:
      with open(self.path(name), "rb") as file:
        return file.read()
    except FileNotFoundError:
      return None

  def tree(self, times=False):
    """What is in the share, by path in bytes: kind, and content, target or mode."""
    root = os.fsencode(self.share)
    return read_tree(root, times)

  def trash(self):
    """The contents of all files in the trash."""
    found = []
    for directory, _, names in os.walk(self.path(".leftd", "trash")):
      for name in names:
        path = os.path.join(directory, name)
        if not os.path.islink(path):
          with open(path, "rb") as file:
            found.append(file.read())
    return found


def read_tree(root, times=False):
  tree = {}
  for directory, names, files in os.walk(root):
    if directory == root and b".leftd" in names:
      names.remove(b".leftd")
    for name in names + files:
      path = os.path.join(directory, name)
      tree[os.path.relpath(path, root)] = _describe(path, times)
  return tree


def _describe(path, times):
  status = os.lstat(path)
  mtime = status.st_mtime_ns if times else None
  if os.path.islink(path):
    return "link", os.readlink(path), mtime
  if os.path.isdir(path):
    return "directory", oct(status.st_mode)
  with open(path, "rb") as file:
    return "file", file.read(), oct(status.st_mode), mtime


def alike(left, right, times=False):
  """Whether two shares are equal just now; a file that goes away meanwhile makes them differ."""
  try:
    return left.tree(times) == right.tree(times)
  except (FileNotFoundError, NotADirectoryError):
    return False


def converge(left, right, seconds=60, times=False):
  """Waits until each has everything of the other and both trees are equal."""
  assert left.wait(seconds) and right.wait(seconds), "not everything was acknowledged in time"
  try:
    within(seconds, lambda: alike(left, right, times), "both trees are equal")
  except AssertionError:
    raise AssertionError("the trees differ:\n" + difference(left, right, times)) from None


def difference(left, right, times):
  """What two shares have that the other has not, a line for each."""
  one, other = left.tree(times), right.tree(times)
  lines = []
  for path in sorted(one.keys() | other.keys()):
    if one.get(path) != other.get(path):
      lines.append(f"{path!r}: {_brief(one.get(path))} there, {_brief(other.get(path))} here")
  return "\n".join(lines[:50])


def _brief(found):
  if found is None:
    return "nothing"
  return " ".join(
    f"{part[:40]!r}… ({len(part)})" if isinstance(part, bytes) and len(part) > 40 else str(part)
    for part in found)
