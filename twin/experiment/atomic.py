"""Files that are whole or not there: written under a temporary name, flushed to the disk, then renamed."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Final

TEMPORARY: Final = ".tmp-"
"""Names that start so are remains of a killed run; nothing reads them and a resumed run removes them."""


def write_bytes(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` in one step."""
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Replace ``path`` by ``value`` as JSON; NaN and infinities are refused because JSON has none."""
    write_bytes(path, (json.dumps(value, indent=2, allow_nan=False) + "\n").encode())


def sync_file(path: Path) -> None:
    """Flush a file that somebody else wrote and closed."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Flush a folder's entries, so that a rename survives a power cut; Windows can neither do nor need it."""
    if os.name == "posix":
        sync_file(path)


def digest_file(path: Path) -> str:
    """BLAKE2b-128 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def point_to(link: Path, target: Path) -> None:
    """Make ``link`` lead to ``target`` in one step: a relative symbolic link, else a text file."""
    relative = os.path.relpath(target, link.parent)
    temporary = link.with_name(f"{TEMPORARY}{os.getpid()}-{link.name}")
    temporary.unlink(missing_ok=True)
    try:
        temporary.symlink_to(relative, target_is_directory=True)
    except OSError:
        temporary.write_text(relative + "\n", encoding="utf-8")
    temporary.replace(link)


def follow(link: Path) -> Path:
    """Where :func:`point_to` points; any other path leads to itself."""
    if link.is_file():
        return link.parent / link.read_text(encoding="utf-8").strip()
    return link
