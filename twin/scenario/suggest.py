"""Did you mean: the nearest known name to one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

_LISTED_MAX: Final = 12
_LENGTH_MAX: Final = 80


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)``, or nothing if no known name is near."""
    if not isinstance(name, str) or len(name) > _LENGTH_MAX:
        return ""
    lowered = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), lowered, 1)
    return f" (did you mean {lowered[close[0]]!r}?)" if close else ""


def not_among(what: str, name: str, known: Iterable[str]) -> str:
    """Message for a reference to something that does not exist."""
    names = list(known)
    return f"no {what} is called {shown(name)}{listed(names)}{did_you_mean(name, names)}"


def listed(names: list[str]) -> str:
    """``; there are a, b, c``: as many as fit on a line."""
    more = f" and {len(names) - _LISTED_MAX} more" if len(names) > _LISTED_MAX else ""
    return f"; there is {', '.join(names[:_LISTED_MAX])}{more}" if names else "; there is none"


def shown(value: object) -> str:
    """A value as the file may have written it, cut to a readable length."""
    if value is None or isinstance(value, bool):
        return {None: "empty", True: "true", False: "false"}[value]
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= _LENGTH_MAX else f"{text[: _LENGTH_MAX - 4]}...{text[-1]}"
