"""What the app stands on: exact versions, and licences that allow it to be passed on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.audit import REQUIREMENTS, Package, installed, judged

PIN = re.compile(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+( *;.*)?")
OTHER = re.compile(r"#.*|-r requirements[\w-]*\.txt|")


@pytest.mark.parametrize("path", sorted(REQUIREMENTS.parent.glob("requirements*.txt")), ids=lambda path: path.name)
def test_every_version_is_pinned(path: Path) -> None:
    loose = [line for line in path.read_text().splitlines() if not (PIN.fullmatch(line) or OTHER.fullmatch(line))]
    assert loose == []


def test_the_app_stands_on_packages_that_may_be_passed_on() -> None:
    packages = installed()
    assert {"streamlit", "starlette", "torch", "numpy"} <= {package.name for package in packages}
    assert [package for package in packages if not package.is_allowed] == []


@pytest.mark.parametrize(
    ("licence", "is_allowed"),
    [
        ("MIT", True),
        ("BSD-3-Clause AND 0BSD", True),
        ("(MIT OR GPL-3.0-only) AND Zlib", True),
        ("Mozilla Public License 2.0 (MPL 2.0)", True),
        ("MIT AND GPL-3.0-only", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("", False),
    ],
)
def test_every_part_of_a_licence_has_to_be_on_the_list(licence: str, is_allowed: bool) -> None:
    assert Package("some", "1.0", licence).is_allowed == is_allowed


def test_weaknesses_are_told_apart_from_silence() -> None:
    weak = {"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}
    said = [
        {"name": "good", "version": "1.0", "vulns": []},
        {"name": "bad", "version": "1.0", "vulns": [weak, weak | {"fix_versions": []}]},
        {"name": "own", "skip_reason": "not found"},
    ]
    assert judged({"dependencies": said}) == (
        ["bad 1.0: PYSEC-1, mended in 1.1, 2.0", "bad 1.0: PYSEC-1, mended in no version"],
        {"own": "not found"},
    )
