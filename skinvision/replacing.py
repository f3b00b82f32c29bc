"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from skinvision.errors import NotWritten


def write(contents: Mapping[Path, bytes]) -> None:
    """Write all files, or none; raises as ``replacing``."""
    with replacing(*contents) as places:
        for place, data in zip(places, contents.values(), strict=True):
            place.write_bytes(data)


@contextmanager
def replacing(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Places beside ``paths`` to write to. What lies there at the end takes the place of ``paths``, in their order.

    Where writing fails, the files that were there before stay as they were, and nothing else stays. A rename that fails
    after another one, on a folder in the place of a file for instance, leaves the first one done.

    Raises:
        NotWritten: there is no room, or no right to write.
    """
    beside = tuple(path.with_name(f".{path.name}.{os.getpid()}") for path in paths)
    try:
        yield beside
        for written, path in zip(beside, paths, strict=True):
            if written.is_file():
                written.replace(path)
    except OSError as error:
        names = " and ".join(str(path) for path in paths)
        got = error.strerror or str(error)
        raise NotWritten(f"to write {names}", got, "make room, or look at the folder's rights") from error
    finally:
        for written in beside:
            with suppress(OSError):
                written.unlink()
