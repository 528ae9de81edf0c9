"""The frame of the benchmarks: what one is, the thresholds, and the table of results.

A benchmark is a function with a name that yields results. One gives the value that was measured
and, where there is one, the reference measured in the same run (or a figure to reach): the ratio of
both is held against `thresholds.ini`. A program of its own prints results as JSON lines:
{"name": …, "measured": …, "reference": …, "unit": …}.
"""
import configparser
import dataclasses
import json
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass
class Result:
    name: str
    measured: float
    unit: str
    reference: float | None = None  # of the same unit
    threshold: float | None = None

    @property
    def value(self):
        return self.measured / self.reference if self.reference else self.measured

    @property
    def has_failed(self):
        return self.threshold is not None and self.value > self.threshold

    def json(self):
        return {**dataclasses.asdict(self), "value": self.value, "failed": self.has_failed}


def thresholds():
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.optionxform = str
    parser.read(HERE / "thresholds.ini")
    return {name: float(value) for name, value in parser["thresholds"].items()}


def of_program(*command):
    """Results that another program prints."""
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in output.splitlines():
        if line.startswith("{"):
            yield Result(**json.loads(line))


def run(benchmarks, wanted=""):
    """Runs those whose function's name contains `wanted`, and shows each result at once."""
    limits = thresholds()
    results = []
    print(f"{'benchmark':50} {'measured':>14} {'reference':>14} {'value':>8} {'at most':>8}")
    for benchmark in benchmarks:
        if wanted not in benchmark.__name__:
            continue
        for result in benchmark():
            result.threshold = limits.get(result.name)
            results.append(result)
            print(row(result), flush=True)
    return results


def row(result):
    def amount(value):
        return "" if value is None else f"{value:.1f} {result.unit}"

    limit = "" if result.threshold is None else f"{result.threshold:.2f}"
    mark = "  FAILED" if result.has_failed else ""
    return (
        f"{result.name:50} {amount(result.measured):>14} {amount(result.reference):>14} "
        f"{result.value:8.2f} {limit:>8}{mark}"
    )
