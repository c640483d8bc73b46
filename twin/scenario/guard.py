"""The guard before the parser: refuses hostile files on the event stream, before anything is built from them.

PyYAML's C loader can crash the process on deep nesting, and aliases make a kilobyte stand for gigabytes. Its *events*
come one by one from a parser that keeps its stack on the heap, so reading can stop at the first event beyond a limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from twin.scenario.errors import Problem, ScenarioError

BYTES_MAX: Final = 2 * 2**20
DEPTH_MAX: Final = 32
EVENTS_MAX: Final = 150_000
"""A resolved scenario has about a thousand for each arm, so this is a hundred arms and more."""

STRING_TAG: Final = "tag:yaml.org,2002:str"
"""The only tag that is read: it says that a scalar is text."""

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(path: Path) -> str:
    """Text of a file of at most ``BYTES_MAX`` bytes of UTF-8. Raises :class:`ScenarioError`."""
    name = str(path)
    try:
        if not path.is_file():
            raise _refused(name, 1, 1, "no such file" if not path.exists() else "is not a regular file")
        with path.open("rb") as stream:
            data = stream.read(BYTES_MAX + 1)
    except OSError as reason:
        raise _refused(name, 1, 1, f"cannot be read: {reason.strerror or reason}") from reason
    if len(data) > BYTES_MAX:
        raise _refused(name, 1, 1, f"is larger than {BYTES_MAX // 2**20} MiB; put data into tables")
    return _decoded(name, data)


def guarded_events(text: str, name: str) -> Iterator[Any]:
    """Events of the one document in ``text``, from its first node to its last.

    Raises :class:`ScenarioError` at the first event that is not YAML or not allowed: nesting beyond ``DEPTH_MAX``, more than
    ``EVENTS_MAX`` events, anchors and aliases, tags, a second document. So what is composed from the events is small.
    """
    documents = depth = 0
    for count, event in enumerate(_events(text, name)):
        if count >= EVENTS_MAX:
            raise _refused(*_at(name, event), f"has more than {EVENTS_MAX} YAML events; put data into tables")
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise _refused(*_at(name, event), "has a second document; a scenario is one document")
        if isinstance(event, yaml.NodeEvent):
            _refuse_references(event, name)
            yield event
            depth += isinstance(event, yaml.CollectionStartEvent)
        elif isinstance(event, yaml.CollectionEndEvent):
            yield event
            depth -= 1
        if depth > DEPTH_MAX:
            raise _refused(*_at(name, event), f"is nested more than {DEPTH_MAX} levels deep")
    if not documents:
        raise _refused(name, 1, 1, "is empty")


def _events(text: str, name: str) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as reason:
        mark = reason.problem_mark or reason.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _refused(name, line, column, f"is not YAML: {reason.problem or reason.context}") from reason
    except yaml.reader.ReaderError as reason:
        raise _refused(name, *_place(text.encode(), reason.position), f"is not YAML: {reason.reason}") from reason


def _refuse_references(event: Any, name: str) -> None:
    if isinstance(event, yaml.AliasEvent):
        reason = f"has an alias, *{str(event.anchor)[:40]}; repeat the value, or use extends"
    elif event.anchor is not None:
        reason = f"has an anchor, &{event.anchor[:40]}; repeat the value, or use extends"
    elif event.tag is not None and event.tag != STRING_TAG:
        reason = f"has a tag, {event.tag[:40]!r}; values need no tags"
    else:
        return
    raise _refused(*_at(name, event), reason)


def _at(name: str, event: Any) -> tuple[str, int, int]:
    return name, event.start_mark.line + 1, event.start_mark.column + 1


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        raise _refused(name, *_place(data, reason.start), f"is not UTF-8 text: {reason.reason}") from reason


def _place(data: bytes, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a byte offset."""
    before = data[:offset].decode("utf-8", "replace")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _refused(name: str, line: int, column: int, message: str) -> ScenarioError:
    return ScenarioError([Problem(name, line, column, "file", message)])
