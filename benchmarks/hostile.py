"""What each input of the hostile corpus costs: peak memory above what the process had before, and time.

Each is read in a process of its own, forked from one that has everything imported, so what one leaves behind helps or
burdens no other. Time is that of the processor, which does not depend on what else the machine does.
"""

from __future__ import annotations

import multiprocessing
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import cv2

from benchmarks.measure import Figure, options, show
from skinvision.errors import ImageRejected
from skinvision.intake import read_case
from tests.extras import dicom, heic
from tests.files import CORNERS, saved
from tests.hostile import CORPUS, Hostile

TARGET_MB, TARGET_S = 600, 5
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Cost:
    name: str
    peak_mb: float
    seconds: float


def main() -> None:
    chosen = options(
        __doc__, rounds=1, more={"--worst": {"type": int, "default": 5, "help": "inputs named (default: 5)"}}
    )
    cv2.setNumThreads(1)  # a forked process has no other threads
    warnings.simplefilter("ignore")  # Pillow's, about damaged EXIF
    for data in (saved(CORNERS, "JPEG"), heic(CORNERS), dicom(CORNERS)):
        read_case(data)  # imports what reads it
    costs = [max((_cost(each) for _ in range(chosen.rounds)), key=lambda cost: cost.seconds) for each in CORPUS]
    hungry = sorted(costs, key=lambda cost: -cost.peak_mb)[: chosen.worst]
    slow = sorted(costs, key=lambda cost: -cost.seconds)[: chosen.worst]
    show(
        f"{len(costs)} hostile and odd files, each in a fresh process",
        [
            *(Figure(f"memory: {cost.name}", cost.peak_mb, "MB", f"(target: under {TARGET_MB})") for cost in hungry),
            *(Figure(f"time: {cost.name}", cost.seconds, "s", f"(target: at most {TARGET_S})") for cost in slow),
        ],
        chosen.json,
    )


def _cost(hostile: Hostile) -> Cost:
    data = hostile.make()
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_read, args=(data, sender))
    process.start()
    sender.close()
    try:
        peak, taken = receiver.recv()
    except EOFError as error:
        raise RuntimeError(f"{hostile.name} ended its process") from error
    process.join()
    return Cost(hostile.name, peak, taken)


def _read(data: bytes, told: Connection) -> None:
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
    before, started = _memory_mb("VmRSS"), time.process_time()
    with suppress(ImageRejected):
        read_case(data)
    told.send((_memory_mb("VmHWM") - before, time.process_time() - started))


def _memory_mb(what: str) -> float:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
