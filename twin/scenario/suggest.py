"""Did you mean: the nearest known name to one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

_LISTED_MAX: Final = 15
_LENGTH_MAX: Final = 80
_LIKENESS: Final = 0.65  # of difflib; 0.6, its default, takes "weather" for "estate"


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)``, or nothing if no known name is near."""
    if not isinstance(name, str) or len(name) > _LENGTH_MAX:
        return ""
    lowered = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), lowered, 1, _LIKENESS)
    return f" (did you mean {lowered[close[0]]!r}?)" if close else ""


def not_among(what: str, name: str, known: Iterable[str]) -> str:
    """Message for a reference to something that does not exist."""
    names = list(known)
    return f"no {what} is called {shown(name)}{listed(names, name)}"


def listed(known: Iterable[str], name: object) -> str:
    """What there is instead: all of it if that fits on a line, and what is nearest to ``name``."""
    names = list(dict.fromkeys(known))
    hint = did_you_mean(name, names)
    if len(names) > _LISTED_MAX:
        return hint or f"; there are {len(names)}, such as {', '.join(names[:_LISTED_MAX])}"
    return f"; there {'is' if len(names) < 2 else 'are'} {', '.join(names) or 'none'}{hint}"


def shown(value: object) -> str:
    """A value as the file may have written it, cut to a readable length."""
    if value is None or isinstance(value, bool):
        return {None: "empty", True: "true", False: "false"}[value]
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= _LENGTH_MAX else f"{text[: _LENGTH_MAX - 4]}...{text[-1]}"
