"""How kernels are compiled: numba, cached on disk under a folder named by a hash of every kernel's source.

numba's own cache looks only at the file that defines a function and does not notice an edited helper in another file;
keying the folder by all sources that can be compiled makes a stale hit impossible.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, overload

import numba

_PACKAGE = Path(__file__).resolve().parent.parent
_COMPILED = ("core", "journal", "policies", "kernels", "world")


def _sources_digest() -> str:
    digest = hashlib.blake2b(digest_size=8)
    for folder in _COMPILED:
        for path in sorted((_PACKAGE / folder).rglob("*.py")):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _cache_root() -> Path:
    chosen = os.environ.get("TWIN_CACHE_DIR")
    root = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "twin"
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir()) / "twin"
    return root


if not os.environ.get("NUMBA_CACHE_DIR"):
    numba.config.CACHE_DIR = str(_cache_root() / f"kernels-{_sources_digest()}")

F = TypeVar("F", bound=Callable[..., Any])


@overload
def kernel(function: F, /) -> F: ...
@overload
def kernel(*, inline: str = "never") -> Callable[[F], F]: ...
def kernel(function: F | None = None, /, *, inline: str = "never") -> F | Callable[[F], F]:
    """Compile a function with numba (nopython, cached, without fast-math: results must not depend on the processor)."""

    def compiled(f: F) -> F:
        inner = f.__name__.startswith("_")  # for kernels only: what Python would need to call it takes long to compile
        wrappers = {"no_cpython_wrapper": inner, "no_cfunc_wrapper": True}
        jitted: F = numba.njit(cache=inline == "never", inline=inline, **wrappers)(f)
        return jitted

    return compiled if function is None else compiled(function)
