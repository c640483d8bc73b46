"""What computed a result: interpreter, libraries, and a digest of every source file of the package."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from twin import __version__

_PACKAGE = Path(__file__).resolve().parent.parent
_LIBRARIES: Final = ("numba", "numpy", "pyarrow", "pydantic", "scipy", "simpy")
"""Libraries that could change a number."""


@cache
def versions() -> dict[str, str]:
    """Versions by name; ``twin`` is the package's version with the digest of its sources."""
    found = {"twin": f"{__version__}+{source_digest()}", "python": platform.python_version()}
    return found | {name: version(name) for name in _LIBRARIES}


@cache
def source_digest() -> str:
    """BLAKE2b-64 over the names and bytes of all Python and YAML files of the package."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(_PACKAGE.rglob("*")):
        if path.suffix in {".py", ".yaml"}:
            digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def mismatch(expected: dict[str, str], found: dict[str, str]) -> str | None:
    """First difference as ``name here, name there``; ``None`` when both are the same."""
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            return f"{name} {expected.get(name, 'missing')} here, {found.get(name, 'missing')} there"
    return None
