"""Coverage-guided fuzzing of ``read_case`` by atheris: nothing but ``ImageRejected`` may leave it.

It begins with valid files of all kinds and keeps, in ``runs/fuzz``, every change of one that reaches new code. An
input that breaks the gate, takes longer than 30 s or more than 2 GB ends the run, and is left there too.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import sys
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["PIL", "pydicom", "pillow_heif", "skinvision"]):
    from skinvision.errors import ImageRejected
    from skinvision.intake import read_case
    from tests.damage import samples

    SEEDS = samples()
    for seed in SEEDS.values():
        read_case(seed)  # imports what reads it

FOLDER = Path("runs/fuzz")
MAX_BYTES, MAX_SECONDS, MAX_MB = 50_000, 30, 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5, help="default: 5")
    seconds = round(60 * parser.parse_args().minutes)
    corpus = FOLDER / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for name, data in SEEDS.items():
        (corpus / name.replace(" ", "-")).write_bytes(data)
    warnings.simplefilter("ignore")  # they are about damage, and there will be much
    logging.disable()
    limits = [f"-max_len={MAX_BYTES}", f"-timeout={MAX_SECONDS}", f"-rss_limit_mb={MAX_MB}"]
    said = ["-print_final_stats=1", f"-artifact_prefix={FOLDER}/", f"-max_total_time={seconds}"]
    atheris.Setup([sys.argv[0], *limits, *said, str(corpus)], _try)
    atheris.Fuzz()


def _try(data: bytes) -> None:
    try:
        read_case(data)
    except ImageRejected:
        return
    except Exception:
        (FOLDER / f"broke-{hashlib.sha256(data).hexdigest()[:12]}").write_bytes(data)
        raise


if __name__ == "__main__":
    main()
