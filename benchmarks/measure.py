"""Times of several variants in one run, taken in turns, so that whatever else the machine does falls on all alike."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec
import torch

from skinvision import phantom
from skinvision.types import Case

_DECISIVE = ("torch", "torchvision", "timm", "openvino", "grad-cam", "torchcam", "streamlit")


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the figures come from.

    Attributes:
        load: the mean number of busy processes in the last minute.
        versions: of the packages that decide about the figures, where they are installed.
    """

    processor: str
    cores: int
    torch_threads: int
    load: float
    python: str
    versions: dict[str, str]

    @classmethod
    def here(cls) -> Machine:
        return cls(
            processor=_processor(),
            cores=os.cpu_count() or 1,
            torch_threads=torch.get_num_threads(),
            load=os.getloadavg()[0],
            python=platform.python_version(),
            versions={name: found for name in _DECISIVE if (found := _version(name))},
        )

    def in_short(self) -> str:
        """What a time on a model's card holds for."""
        return (
            f"{self.processor}, {self.cores} cores, torch {self.versions['torch']} with threads: {self.torch_threads}"
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; ``target`` says what was wanted of it."""

    name: str
    value: float
    unit: str
    target: str = ""


def in_turns(
    variants: Mapping[str, Callable[[], object]], rounds: int, least_ms: float = 0.0
) -> dict[str, list[float]]:
    """Milliseconds of each variant in each round. The order turns from round to round; an extra round warms up.

    Args:
        least_ms: a variant is called again until its turn has lasted so long, and the mean of the calls counts.
    """
    order = list(variants)
    times: dict[str, list[float]] = {name: [] for name in order}
    for number in range(-1, rounds):
        for name in order if number % 2 else reversed(order):
            taken = _turn(variants[name], least_ms)
            if number >= 0:
                times[name].append(taken)
    return times


def median_ratio(times: Sequence[float], others: Sequence[float]) -> float:
    """The median over rounds of time to time: what both met in the same round cancels."""
    return statistics.median(time / other for time, other in zip(times, others, strict=True))


def pictures(count: int) -> list[Case]:
    """Synthetic lesions of 450 × 600 px, the size of HAM10000's."""
    return [Case(phantom.draw(seed).image, f"{seed:064x}") for seed in range(count)]


def options(description: str, rounds: int, more: Mapping[str, dict[str, Any]] | None = None) -> argparse.Namespace:
    """What the command line asks of a benchmark; sets torch's threads as it says.

    Args:
        description: of the benchmark; its first line is shown.
        rounds: measurements of each variant, unless others are asked for.
        more: further options by name, as ``add_argument`` takes them.
    """
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=rounds, help=f"measurements of each variant (default: {rounds})")
    parser.add_argument("--threads", type=int, help="of torch; 1 is steadiest where other programs keep the cores busy")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    for name, settings in (more or {}).items():
        parser.add_argument(name, **settings)
    chosen = parser.parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    return chosen


def show(title: str, figures: Sequence[Figure], as_json: bool) -> None:
    """Print the figures with the machine that they come from."""
    machine = Machine.here()
    if as_json:
        print(msgspec.json.encode({"title": title, "figures": figures, "machine": machine}).decode())
        return
    width = max(len(figure.name) for figure in figures)
    print(f"{title}\n")
    for figure in figures:
        print(f"  {figure.name:<{width}}  {figure.value:>9.2f} {figure.unit:<4} {figure.target}".rstrip())
    hardware = (
        f"{machine.processor}, {machine.cores} cores, torch threads: {machine.torch_threads}, load {machine.load:.1f}"
    )
    software = (f"{name} {number}" for name, number in {"Python": machine.python, **machine.versions}.items())
    print(f"\n{hardware}; {', '.join(software)}")


def _turn(call: Callable[[], object], least_ms: float) -> float:
    started, calls, taken = time.perf_counter(), 0, -1.0
    while taken < least_ms:
        call()
        calls += 1
        taken = (time.perf_counter() - started) * 1000
    return taken / calls


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    description = Path("/proc/cpuinfo")
    lines = description.read_text().splitlines() if description.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
