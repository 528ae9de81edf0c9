"""What somebody can do who is not paired: nothing but open a connection and see it closed."""

import os
import random
import socket
import ssl
import struct
import subprocess
import time

import wire
from suite import test


def lone(world):
  """A node that knows mallory's key and waits for its call."""
  mallory = wire.Peer(key(world, "mallory"))
  node = world.node("A")
  # Nobody listens there: mallory dials.
  node.peers = [f"{text_id(world, 'mallory')}@127.0.0.1:1"]
  node.start()
  return node, mallory


def key(world, name):
  """A new key with its certificate."""
  text_id(world, name)
  return os.path.join(world.path, "aside", name, "key.pem")


def text_id(world, name):
  state = world.directory("aside", name)
  done = subprocess.run(
    [world.leftd, "id", "--state", state], capture_output=True, text=True, timeout=30)
  return done.stdout.split()[-1]


def is_served(node, mallory):
  """Whether the node still takes a file from who may speak: none of it is left hanging."""
  content = f"a word from {mallory.id.hex()[:7]} number {mallory.counter}".encode()
  mallory.meet(node.port)
  where = wire.place(wire.ROOT, b"greeting")
  wire_id = wire.content_id([content])
  mallory.contents(0, where, wire_id, content)
  unit = mallory.announce(mallory.entry(where, wire.file_body(wire_id, len(content))))
  mallory.acknowledged(unit)
  assert node.read("greeting") == content, "what was acknowledged is not there"
  mallory.close()


def ended(plain, seconds=20):
  """Whether the other side ends a plain connection."""
  plain.settimeout(seconds)
  try:
    while plain.recv(65536):
      pass
  except ConnectionError:
    pass
  except TimeoutError:
    return False
  return True


@test("random bytes at the port end in a closed connection")
def random_bytes(world):
  node, mallory = lone(world)
  source = random.Random(1)
  for size in (1, 5, 100, 20_000, 1_000_000):
    with socket.create_connection(("127.0.0.1", node.port), timeout=15) as plain:
      try:
        plain.sendall(source.randbytes(size))
        plain.shutdown(socket.SHUT_WR)
      except OSError:
        # It was faster to close.
        pass
      assert ended(plain), f"still open after {size} random bytes"
    # A refusal is told once a second at most.
    time.sleep(0.3)
  node.says("info: 127.0.0.1: ", "TLS failed")
  is_served(node, mallory)


@test("who says nothing is let go at the deadline, and keeps nobody out", waits=True)
def silence(world):
  node, mallory = lone(world)
  silent = [socket.create_connection(("127.0.0.1", node.port), timeout=15) for _ in range(40)]
  is_served(node, mallory)
  for plain in silent:
    assert ended(plain), "a silent connection is not ended"
    plain.close()
  node.says("no answer in time")
  assert node.memory() < 64, f"{node.memory():.0f} MiB for 40 silent strangers"


@test("a frame that announces 4 GiB ends the connection before memory is spent")
def huge_frame(world):
  node, mallory = lone(world)
  for length in (wire.LONGEST_PAYLOAD + 1, 0xFFFFFFFF):
    mallory.dial(node.port)
    mallory.tls.sendall(struct.pack(">IB", length, wire.OPEN))
    mallory.farewell()
    mallory.meet(node.port)
    mallory.tls.sendall(struct.pack(">IB", length, wire.ANNOUNCE))
    mallory.farewell()
  node.says("frame longer than")
  is_served(node, mallory)
  assert node.memory() < 64, f"it took {node.memory():.0f} MiB"


@test("a stranger's certificate is refused without a word")
def stranger(world):
  node, mallory = lone(world)
  stranger = wire.Peer(key(world, "stranger"))
  node.write("mine", b"not for strangers")
  for _ in range(3):
    stranger.dial(node.port)
    try:
      stranger.send(wire.OPEN, b"\x01\x05share")
    except (ConnectionError, ssl.SSLError):
      pass
    kind, _ = stranger.next_frame(time.monotonic() + 15)
    assert kind is None, f"a stranger was sent a frame of type {kind}"
  node.says("is not paired")
  is_served(node, mallory)


@test("no certificate, an older TLS and an unknown ALPN name get an alert")
def other_tls(world):
  node, mallory = lone(world)
  for options in ({"alpn": ("leftd/9",)}, {"alpn": ()}, {"version": ssl.TLSVersion.TLSv1_2}):
    try:
      mallory.dial(node.port, **options)
      kind, _ = mallory.next_frame(time.monotonic() + 15)
      assert kind is None, f"{options} was answered"
    except (ssl.SSLError, ConnectionError):
      pass
  context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
  context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
  context.set_alpn_protocols(["leftd/1"])
  with socket.create_connection(("127.0.0.1", node.port), timeout=15) as plain:
    try:
      with context.wrap_socket(plain) as tls:
        assert not tls.recv(1), "who shows no certificate was answered"
    except (ssl.SSLError, ConnectionError):
      pass
  node.says("TLS failed")
  is_served(node, mallory)


@test("another protocol major is told so, and closed")
def other_major(world):
  node, mallory = lone(world)
  mallory.dial(node.port)
  mallory.send(wire.OPEN, b"\x02\x05share")
  code, reason = mallory.farewell()
  assert code == 1, f"close code {code}"
  assert "protocol 2 is not spoken here" in reason and "install" in reason, reason
  node.says("protocol 2 is not spoken here")
  mallory.dial(node.port)
  mallory.send(wire.OPEN, b"\x01\x05other")
  code, reason = mallory.farewell()
  assert code == 2 and "no share" in reason, (code, reason)
  is_served(node, mallory)
