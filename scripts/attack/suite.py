"""Runs tests by name, each in a world of its own, and prints how each ended."""

import os
import signal
import sys
import time
import traceback

from node import Skip, World

_tests = []


def test(name, waits=False):
  """Makes a function of a world a test. One that mostly waits runs beside others."""
  def register(body):
    _tests.append((name, body, waits))
    return body
  return register


def run(leftd, words):
  """Runs the tests whose names have one of the words, or all; whether any failed."""
  chosen = [each for each in _tests if not words or any(word in each[0] for word in words)]
  beside = os.fork()
  if beside == 0:
    os._exit(_run_all(leftd, [each for each in chosen if each[2]]))
  try:
    has_failed = _run_all(leftd, [each for each in chosen if not each[2]])
    _, status = os.waitpid(beside, 0)
    beside = 0
    return has_failed or status != 0
  finally:
    if beside:
      os.kill(beside, signal.SIGTERM)
      os.waitpid(beside, 0)


def _run_all(leftd, tests):
  has_failed = False
  for name, body, _ in tests:
    began = time.monotonic()
    outcome, faults = _run_one(leftd, body)
    reason = ": " + "; ".join(faults) if outcome == "skipped" else ""
    print(f"{outcome} daemon: {name}{reason}\n  {time.monotonic() - began:.1f} s", flush=True)
    if outcome == "failed":
      has_failed = True
      print("\n".join(faults), file=sys.stderr, flush=True)
  return has_failed


def _run_one(leftd, body):
  world = World(leftd)
  faults = []
  try:
    try:
      body(world)
    except Skip as reason:
      return "skipped", [str(reason)]
    except Exception:
      faults.append(traceback.format_exc())
    faults += world.end()
    if faults:
      world.keep()
      faults += [f"--- the end of {node.name}'s log\n{node.log()[-1500:]}" for node in world.nodes]
    return ("failed" if faults else "passed"), faults
  finally:
    world.remove()
