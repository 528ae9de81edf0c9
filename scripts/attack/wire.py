"""What is said over the wire, as docs/PROTOCOL.md has it: enough to speak as a hostile peer."""

import hashlib
import socket
import ssl
import struct
import time

OPEN, HELLO, CLOSE, ANNOUNCE, ACKNOWLEDGE, OPEN_CONTENT, SEGMENT, SEAL, GONE = range(9)
REQUEST, FETCH, UNAVAILABLE, DATA, CONTENTS = 9, 10, 11, 16, 17
ROOT = bytes(16)
LONGEST_PAYLOAD = 263_168
# The mtime of all that a hostile peer announces, in nanoseconds.
MTIME = 1_795_255_200_000_000_000

# --- Encodings (section 3)


def number(value):
  out = bytearray()
  while value > 0x7F:
    out.append(value & 0x7F | 0x80)
    value >>= 7
  out.append(value)
  return bytes(out)


def signed(value):
  return number((value << 1 ^ value >> 63) & (1 << 64) - 1)


def blob(data):
  return number(len(data)) + data


def fixed(value):
  return struct.pack(">Q", value)


class Reader:
  def __init__(self, data):
    self.data, self.position = data, 0

  def raw(self, count):
    part = self.data[self.position : self.position + count]
    assert len(part) == count, "the daemon sent a message that ends too early"
    self.position += count
    return part

  def number(self):
    value = shift = 0
    while True:
      byte = self.raw(1)[0]
      value |= (byte & 0x7F) << shift
      if byte < 0x80:
        return value
      shift += 7

  def place(self):
    return self.raw(16), self.raw(self.number())


def frame(kind, payload):
  return struct.pack(">IB", len(payload), kind) + payload


# --- BLAKE3, for the ids of contents (section 8). Slow; for a few hundred kilobytes at most.

_INITIAL = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A)
_INITIAL += (0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
_PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_MIXES = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
_MIXES += ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
_START, _END, _PARENT, _ROOT = 1, 2, 4, 8
_MASK = 0xFFFFFFFF


def _compress(chain, words, counter, length, flags):
  v = [*chain, *_INITIAL[:4], counter & _MASK, counter >> 32, length, flags]
  for _ in range(7):
    for pair, (a, b, c, d) in enumerate(_MIXES):
      for word, left, right in ((words[2 * pair], 16, 12), (words[2 * pair + 1], 8, 7)):
        v[a] = v[a] + v[b] + word & _MASK
        mixed = v[d] ^ v[a]
        v[d] = mixed >> left | mixed << 32 - left & _MASK
        v[c] = v[c] + v[d] & _MASK
        mixed = v[b] ^ v[c]
        v[b] = mixed >> right | mixed << 32 - right & _MASK
    words = [words[index] for index in _PERMUTATION]
  return [v[index] ^ v[index + 8] for index in range(8)]


def _leaf(data, counter, flags):
  chain = list(_INITIAL)
  blocks = max(1, -(-len(data) // 64))
  for index in range(blocks):
    block = data[64 * index : 64 * index + 64]
    words = struct.unpack("<16I", block.ljust(64, b"\0"))
    edge = (_START if index == 0 else 0) | (_END | flags if index == blocks - 1 else 0)
    chain = _compress(chain, words, counter, len(block), edge)
  return chain


def _tree(data, counter, flags):
  if len(data) <= 1024:
    return _leaf(data, counter, flags)
  left = 1024 << ((len(data) - 1) // 1024).bit_length() - 1
  words = _tree(data[:left], counter, 0) + _tree(data[left:], counter + left // 1024, 0)
  return _compress(_INITIAL, words, 0, 64, _PARENT | flags)


def blake3(data):
  return struct.pack("<8I", *_tree(data, 0, _ROOT))


def content_id(chunks, ids=None):
  """The id of a content made of these chunks."""
  ids = ids or [blake3(chunk) for chunk in chunks]
  text = b"\x01" + struct.pack("<Q", sum(map(len, chunks)))
  for chunk, chunk_id in zip(chunks, ids):
    text += chunk_id + struct.pack("<I", len(chunk))
  return blake3(text)


assert content_id([b"hello\n"]).hex().startswith("6ec4e3a8e3826da6"), "BLAKE3 is wrong here"

# --- Entries (section 6)


def place(parent, name):
  return parent + blob(name)


def file_body(content, size):
  return b"\x01" + content + number(size) + number(0o644) + signed(MTIME)


def symlink_body(target):
  return b"\x02" + blob(target) + signed(MTIME)


def directory_body(directory, mode=0o755):
  return b"\x03" + directory + number(mode)


def deleted_body():
  return b"\x04\x00"


class Peer:
  """A node with a key of its own that says whatever a test wants over one connection."""

  def __init__(self, key):
    """Takes the PEM file with the private key and the certificate."""
    self.key = key
    with open(key, "rb") as file:
      text = file.read().decode()
    start = text.index("-----BEGIN CERTIFICATE")
    der = ssl.PEM_cert_to_DER_cert(text[start:])
    self.id = hashlib.sha256(_public_key(der)).digest()
    self.incarnation = int.from_bytes(self.id[8:16], "big")
    self.counter = 0
    self.tls = None

  def dial(self, port, alpn=("leftd/1",), version=ssl.TLSVersion.TLSv1_3):
    self.close()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(self.key)
    if alpn:
      context.set_alpn_protocols(list(alpn))
    plain = socket.create_connection(("127.0.0.1", port), timeout=15)
    self.tls = context.wrap_socket(plain)

  def close(self):
    if self.tls:
      self.tls.close()
    self.tls = None

  def meet(self, port):
    """Dials, opens the share, and says hello as an empty index; until the other's hello."""
    self.dial(port)
    self.send(OPEN, b"\x01\x05share")
    hello = blob(b"mallory") + fixed(self.incarnation) + fixed(0) + b"\0\0"
    self.send(HELLO, hello + signed(time.time_ns()) + b"\0")
    self.receive(HELLO)

  def send(self, kind, payload):
    self.tls.sendall(frame(kind, payload))

  def receive(self, *kinds, seconds=15):
    """The next frame of one of these types, as (type, payload); others are passed over."""
    deadline = time.monotonic() + seconds
    while True:
      kind, payload = self.next_frame(deadline)
      if kind in kinds:
        return kind, payload
      assert kind is not None, f"the daemon closed before it sent a frame of type {kinds}"

  def next_frame(self, deadline):
    """The next frame; (None, None) at the end of the stream."""
    head = self._exactly(5, deadline)
    if head is None:
      return None, None
    length, kind = struct.unpack(">IB", head)
    assert length <= LONGEST_PAYLOAD, "the daemon sent a frame that is too long"
    return kind, self._exactly(length, deadline)

  def _exactly(self, count, deadline):
    data = b""
    while len(data) < count:
      left = deadline - time.monotonic()
      assert left > 0, "the daemon said nothing for too long"
      self.tls.settimeout(left)
      try:
        part = self.tls.recv(count - len(data))
      except TimeoutError:
        continue
      except (ConnectionError, ssl.SSLError):
        return None
      if not part:
        return None
      data += part
    return data

  def farewell(self, seconds=15):
    """Reads to the end of the connection; the close frame's (code, reason), or (None, "")."""
    deadline = time.monotonic() + seconds
    last = (None, "")
    while True:
      kind, payload = self.next_frame(deadline)
      if kind is None:
        return last
      if kind == CLOSE:
        last = payload[0], payload[3:].decode("utf-8", "replace")

  def entry(self, where, body):
    """An entry in a version of this node that nobody has seen, for `announce`."""
    self.counter += 1
    dot = number(0) + number(self.counter)
    return where + body + dot + signed(time.time_ns()) + number(1) + dot

  def announce(self, *entries):
    """Announces one unit; the sequence with which it is to be acknowledged."""
    actor = self.id[:8] + fixed(self.incarnation)
    message = number(self.counter) + b"\x01" + number(1) + actor + number(len(entries))
    self.send(ANNOUNCE, message + b"".join(entries))
    return self.counter

  def acknowledged(self, sequence, seconds=15):
    """Waits until the daemon acknowledges a unit, answering nothing else meanwhile."""
    while True:
      reader = Reader(self.receive(ACKNOWLEDGE, seconds=seconds)[1])
      reader.raw(32)
      if reader.number() == sequence:
        return

  def contents(self, request, where, content, data):
    """Sends one small content, as the answer to a fetch or (request 0) pushed."""
    item = where + b"\x01" + content + number(len(data)) + number(0o644) + signed(MTIME)
    self.send(CONTENTS, number(request) + b"\0" + number(1) + item + data)


def _public_key(certificate):
  """The SubjectPublicKeyInfo in a certificate in DER."""
  _, start, _ = _element(certificate, 0)
  _, position, _ = _element(certificate, start)
  tag, _, end = _element(certificate, position)
  # An explicit version comes first; then serial, algorithm, issuer, validity, subject, key.
  position = end if tag == 0xA0 else position
  for _ in range(5):
    position = _element(certificate, position)[2]
  return certificate[position : _element(certificate, position)[2]]


def _element(data, position):
  """(tag, where its content begins, where it ends)."""
  tag, length = data[position], data[position + 1]
  position += 2
  if length >= 0x80:
    count = length & 0x7F
    length = int.from_bytes(data[position : position + count], "big")
    position += count
  return tag, position, position + length
