"""What the app stands on: under which licences it is, and whether weaknesses of it are known. ``make audit``.

Counted are the packages of ``requirements.txt`` and all that they ask for, as installed; licences are what packages say
of themselves. Exit status 1: a licence that is not on the list below, a known weakness, or no answer about any of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"
# Whoever passes the app on has to name the authors; no more than that.
_PERMISSIVE = {
    *("0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0"),
    *("MIT", "MIT-CMU", "PSF-2.0", "Zlib"),
    *("Apache License 2.0", "Apache Software License", "BSD", "BSD License", "3-Clause BSD License", "MIT License"),
    "Python Software Foundation License",
}
# Changes of these packages' own files have to be published. We change none.
_OF_THE_FILE = {"MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)"}
_ALLOWED = _PERMISSIVE | _OF_THE_FILE
_MAKERS_OWN = ("nvidia-", "cuda-")  # come with torch's usual build for Linux; the one for CPUs does without


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package; ``licence`` is "" where it says nothing of it."""

    name: str
    version: str
    licence: str

    @property
    def is_allowed(self) -> bool:
        """Whether each part of the licence, or one of several to choose from, is on the list."""
        parts = self.licence.split(" AND ")
        return self.name.startswith(_MAKERS_OWN) or all(_is_allowed(part) for part in parts)


def main() -> int:
    packages = installed()
    print("\n".join(f"{package.name:32} {package.version:16} {package.licence}" for package in packages))
    refused = [package for package in packages if not package.is_allowed]
    for package in refused:
        print(f"{package.name}: expected a licence on the list in docs/audit.py, got {package.licence or 'none'!r}")
    print(f"{len(packages)} packages, {len(refused)} of them under a licence that is not on the list.")
    weaknesses, unknown = judged(_asked(packages))
    print("\n".join([*weaknesses, f"{len(weaknesses)} weaknesses known in {len(packages) - len(unknown)} packages."]))
    if unknown:
        name, why = next(iter(unknown.items()))
        print(f"Not looked into, as pip-audit got no answer: {len(unknown)} packages, among them {name} ({why}).")
    return int(bool(refused or weaknesses or len(unknown) == len(packages)))


def installed() -> list[Package]:
    """What the app needs to run, by name."""
    wanted = [Requirement(line) for line in REQUIREMENTS.read_text().splitlines() if line and line[0] != "#"]
    found: dict[str, Distribution] = {}
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        if name not in found:
            found[name] = distribution(name)
            wanted += _needed_by(found[name], requirement.extras)
    return [Package(name, found[name].version, _licence(found[name])) for name in sorted(found)]


def _needed_by(package: Distribution, extras: set[str]) -> list[Requirement]:
    needed = map(Requirement, package.requires or ())
    return [each for each in needed if not each.marker or any(map(each.marker.evaluate, _choices(extras)))]


def _choices(extras: set[str]) -> list[dict[str, str]]:
    return [{"extra": extra} for extra in ("", *extras)]


def _licence(package: Distribution) -> str:
    """The expression, else the classifiers, else the first line of the text."""
    if expression := package.metadata.get("License-Expression"):
        return expression
    classifiers = package.metadata.get_all("Classifier") or ()
    named = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License :: OSI Approved :: ")]
    text = (package.metadata.get("License") or "").strip()
    return " AND ".join(named) or text.partition("\n")[0]


def _is_allowed(part: str) -> bool:
    return part in _ALLOWED or any(choice.strip("()") in _ALLOWED for choice in part.split(" OR "))


def _asked(packages: list[Package]) -> dict[str, Any]:
    """What pip-audit says of these very versions, as its JSON."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pins:
        pins.writelines(f"{package.name}=={package.version.partition('+')[0]}\n" for package in packages)
        pins.flush()
        command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
        done = subprocess.run([*command, "--no-deps", "--disable-pip", "-r", pins.name], capture_output=True, text=True)
    if not done.stdout:  # without a connection it says nothing else
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return {"dependencies": [{"name": package.name, "skip_reason": why} for package in packages]}
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def judged(said: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """From what pip-audit says: a line for each known weakness, and why it knows nothing of other packages."""
    known = [each for each in said["dependencies"] if "skip_reason" not in each]
    weaknesses = [
        f"{each['name']} {each['version']}: {weak['id']}, mended in {', '.join(weak['fix_versions']) or 'no version'}"
        for each in known
        for weak in each["vulns"]
    ]
    unknown = (each for each in said["dependencies"] if "skip_reason" in each)
    return weaknesses, {each["name"]: each["skip_reason"] for each in unknown}


if __name__ == "__main__":
    sys.exit(main())
