"""Having the kernels compiled before they are needed, shared out among workers.

numba compiles a kernel at its first call and keeps it on disk for everybody. Workers that start together would all
compile the same kernels in the same order; started at different places of one list, each finds what the others did.
"""

from __future__ import annotations

import inspect
from typing import Any, Final

from numba import int64

from twin.kernels import latency, publication, sending, steps, topics
from twin.kernels.advance import advance
from twin.kernels.memory import compile_far

HANDED_INTEGERS: Final[tuple[Any, ...]] = (
    steps.check,
    steps.call,
    steps.source,
    steps.create_in_erp,
    topics.extract_feed,
    publication.extract,
    publication.go_live,
    steps.give_up,
    steps.hold,
    steps.place,
    steps.take_listed,
    steps.end_open,
    steps.leave,
    steps.extend,
    steps.turn_away,
    steps.confirm,
    steps.cancel,
    steps.withdraw,
    steps.pick,
    topics.load_feed,
    sending.flush,
    topics.lose_members,
    topics.change_queue_member,
    topics.fail_over_all,
    topics.repair,
    topics.replay_stream,
    topics.oldest_waiting,
    topics.oldest_unreleased,
    latency.list_latency,
    latency.make_applied_room,
    advance,
)
"""Entry points of the data plane whose arguments are all integers; those that take arrays are few and small."""


def compile_kernels(start: int = 0) -> None:
    """Compile :data:`HANDED_INTEGERS`, or load them from the cache: forwards if ``start`` is even, else backwards."""
    far = compile_far()
    for address in far[:: -1 if start % 2 else 1]:
        address()
    for entry in HANDED_INTEGERS[:: -1 if start % 2 else 1]:
        entry.compile((int64,) * len(inspect.signature(entry.py_func).parameters))
