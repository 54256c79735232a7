"""Folders of messages: what came in is read once, and lies in `done` or `bad` behind it.

A file is moved only after what it says has been taken down, so a crash in between reads it again; its records carry the same ids
and change nothing a second time. Nothing is deleted, and no file replaces another.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SUFFIXES: Final = (".xml",)
DONE, BAD = "done", "bad"


class Seen:
    """Files of a folder that no longer grow: those that had the same size and time at the look before."""

    def __init__(self) -> None:
        self._before: dict[Path, tuple[int, int]] = {}

    def at_rest(self, files: list[Path]) -> list[Path]:
        """Return the files that have not changed since the last call."""
        now = {path: state for path in files if (state := _state(path)) is not None}
        found = [path for path, state in now.items() if self._before.get(path) == state]
        self._before = now
        return found


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None  # moved away between two looks
    return found.st_size, found.st_mtime_ns


def messages_in(folder: Path, suffixes: tuple[str, ...] = SUFFIXES) -> list[Path]:
    """Return the messages of a folder by name; hidden files are still being written."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.name.lower().endswith(suffixes) and not path.name.startswith(".") and path.is_file()
    )


def settle(path: Path, folder: str, error: str = "") -> Path:
    """Move a file into a folder beside it, with what was wrong in a `.error` file; return where it lies now."""
    beside = path.parent / folder
    beside.mkdir(exist_ok=True)
    target = _free(beside, path)
    if error:
        target.with_name(target.name + ".error").write_text(error, encoding="utf-8")
    path.replace(target)
    return target


def _free(folder: Path, path: Path) -> Path:
    """Return a name in a folder that no other content has."""
    target = folder / path.name
    if not target.exists():
        return target
    return folder / f"{path.stem}-{digest_of_file(path)[:16]}{path.suffix}"


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of what a file holds."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def chunks_of(path: Path, size_bytes: int = 16_384) -> Iterator[bytes]:
    """Yield the bytes of a file, a little at a time."""
    with path.open("rb") as file:
        while chunk := file.read(size_bytes):
            yield chunk
