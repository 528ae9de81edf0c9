"""Runs tests by name, each in a world of its own, and prints how each ended."""

import sys
import time
import traceback

from node import Skip, World

_tests = []


def test(name):
  """Makes a function of a world a test."""
  def register(body):
    _tests.append((name, body))
    return body
  return register


def run(leftd, words):
  """Runs the tests whose names have one of the words, or all; how many failed."""
  failures = 0
  for name, body in _tests:
    if words and not any(word in name for word in words):
      continue
    began = time.monotonic()
    outcome, faults = _run_one(leftd, body)
    print(f"{outcome} daemon: {name}" + (": " if outcome == "skipped" else "") + ""
          + ("; ".join(faults) if outcome == "skipped" else ""), flush=True)
    print(f"  {time.monotonic() - began:.1f} s", flush=True)
    if outcome == "failed":
      failures += 1
      print("\n".join(faults), file=sys.stderr, flush=True)
  return failures


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
