"""The data plane's memory: record arrays, reached from kernels through one small handle.

A kernel takes a single ``handle``, the address of a directory (address and length of every table), instead of fifteen
arrays:
unboxing an array argument costs about 0.12 us, and every array passed on inside a kernel costs two atomic reference
counts.
Inside a kernel ``pairs(handle)`` is the table again; the compiler sees a plain pointer. :class:`Memory` owns the
directory and
the arrays, so they live as long as the handle is used, and changes an entry when a table grows.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.core.base import BaseContext
from numba.core.typing.context import BaseContext as TypingContext
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array
from numpy.typing import NDArray

from twin.journal.parcels import PARCEL
from twin.kernels import state, traffic
from twin.kernels.control import CONTROL

TABLES: Final[tuple[tuple[str, np.dtype[Any]], ...]] = (
    ("control", CONTROL),
    ("pairs", state.PAIR),
    ("rules", state.RULE),
    ("stocktakes", state.STOCKTAKE),
    ("skus", state.SKU),
    ("nodes", state.NODE),
    ("servers", np.dtype("i8")),
    ("stations", state.STATION),
    ("channels", state.CHANNEL),
    ("publications", state.PUBLICATION),
    ("drifts", traffic.DRIFT),
    ("sku_drifts", traffic.SKU_DRIFT),
    ("consumers", traffic.CONSUMER),
    ("lanes", traffic.LANE),
    ("dues", np.dtype("i8")),
    ("moves", traffic.MESSAGE),
    ("notes", traffic.MESSAGE),
    ("move_tickets", traffic.TICKET),
    ("note_tickets", traffic.TICKET),
    ("post_tickets", traffic.TICKET),
    ("outboxes", traffic.OUTBOX),
    ("by_hand", state.BY_HAND),
    ("late", traffic.LATE),
    ("dead", traffic.MESSAGE),
    ("letters", traffic.LETTER),
    ("troubles", traffic.TROUBLE),
    ("fates", np.dtype("i8")),
    ("orders", state.ORDER),
    ("lines", state.LINE),
    ("holds", state.HOLD),
    ("applied", state.APPLIED),
    ("physical", state.PHYSICAL),
    ("windows", state.WINDOW),
    ("outages", state.RANGE),
    ("slowdowns", state.SLOWDOWN),
    ("slowed", state.RANGE),
    ("knots", np.dtype("i8")),
    ("keys", np.dtype("u8")),
    ("histograms", np.dtype("i8")),
    ("flows", np.dtype("i8")),
    ("node_pairs", np.dtype("i8")),
    ("node_first", np.dtype("i8")),
    ("scratch", np.dtype("i8")),
    ("quotas", np.dtype("i8")),
    ("protected", np.dtype("i8")),
    ("pair_rates", np.dtype("i8")),
    ("sku_rates", np.dtype("i8")),
    ("risks", np.dtype("i8")),
    ("watched", traffic.WATCHED),
    ("set_aside", np.dtype("i4")),
    ("corrected", np.dtype("i4")),
    ("rejected", state.REJECTED),
    ("today", state.TODAY),
    ("region_shifts", np.dtype("i8")),
    ("offers", state.OFFER),
    ("substitutes", np.dtype("i4")),
    ("ending", np.dtype("i1")),
    ("carriage", state.ZONE),
    ("store_days", state.STORE_DAY),
    ("parcels", PARCEL),
    ("prices", np.dtype("i4")),
    ("charges", state.CHARGE),
)
_CACHE_LINE: Final = 64
_INDEX: Final = {name: i for i, (name, _) in enumerate(TABLES)}
_CODE_MAX: Final = 16
_code: list[Callable[[], int]] = []
"""By place behind the tables in the directory: compiles a far function, or loads it, and gives its address."""


def _entry(builder: Any, handle: Any, position: int) -> Any:
    """Code that loads one entry of the directory at ``handle``."""
    word = ir.IntType(64)
    directory = builder.inttoptr(handle, word.as_pointer())
    return builder.load(builder.gep(directory, [ir.Constant(word, position)]))


@intrinsic  # type: ignore[untyped-decorator]  # numba ships no types
def expect_pair(context: TypingContext, handle: Any, p: Any) -> Any:
    """Pair ``p`` will be touched soon: a random pair is a cache miss of 0.1 us, which this hint hides."""

    def generate(target: BaseContext, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        hint = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        offset = builder.mul(arguments[1], cgutils.intp_t(state.PAIR.itemsize))
        address = builder.add(_entry(builder, arguments[0], 2 * _INDEX["pairs"]), offset)
        for_writing, keep, data = (ir.Constant(word, value) for value in (1, 3, 1))
        builder.call(hint, [builder.inttoptr(address, byte), for_writing, keep, data])
        return target.get_dummy_value()

    return numba.types.none(numba.types.int64, numba.types.int64), generate


def _accessor(name: str) -> Callable[[int], Any]:
    """Function for kernels from a handle to the table ``name``; an intrinsic, because inlining thirty Python functions
    into every kernel would double the time that compilation takes.
    """
    position = 2 * _INDEX[name]
    dtype = dict(TABLES)[name]
    kind = numba.types.Array(numba.from_dtype(dtype), 1, "C")

    @intrinsic  # type: ignore[untyped-decorator]  # numba ships no types
    def table(context: TypingContext, handle: Any) -> Any:
        def generate(target: BaseContext, builder: Any, signature: Any, arguments: Any) -> Any:
            array = make_array(kind)(target, builder)
            element = target.get_data_type(kind.dtype).as_pointer()
            size = cgutils.intp_t(dtype.itemsize)
            populate_array(
                array,
                data=builder.inttoptr(_entry(builder, arguments[0], position), element),
                shape=[_entry(builder, arguments[0], position + 1)],
                strides=[size],
                itemsize=size,
                meminfo=None,  # the table belongs to Memory
            )
            return array._getvalue()

        return kind(numba.types.int64), generate

    result: Callable[[int], Any] = table
    return result


control = _accessor("control")
pairs = _accessor("pairs")
rules = _accessor("rules")
stocktakes = _accessor("stocktakes")
skus = _accessor("skus")
nodes = _accessor("nodes")
servers = _accessor("servers")
stations = _accessor("stations")
channels = _accessor("channels")
publications = _accessor("publications")
drifts = _accessor("drifts")
sku_drifts = _accessor("sku_drifts")
consumers = _accessor("consumers")
lanes = _accessor("lanes")
dues = _accessor("dues")
moves = _accessor("moves")
notes = _accessor("notes")
move_tickets = _accessor("move_tickets")
note_tickets = _accessor("note_tickets")
post_tickets = _accessor("post_tickets")
outboxes = _accessor("outboxes")
by_hand = _accessor("by_hand")
late = _accessor("late")
dead = _accessor("dead")
letters = _accessor("letters")
troubles = _accessor("troubles")
fates = _accessor("fates")
orders = _accessor("orders")
lines = _accessor("lines")
holds = _accessor("holds")
applied = _accessor("applied")
physical = _accessor("physical")
windows = _accessor("windows")
outages = _accessor("outages")
slowdowns = _accessor("slowdowns")
slowed = _accessor("slowed")
knots = _accessor("knots")
keys = _accessor("keys")
histograms = _accessor("histograms")
flows = _accessor("flows")
node_pairs = _accessor("node_pairs")
node_first = _accessor("node_first")
scratch = _accessor("scratch")
quotas = _accessor("quotas")
protected = _accessor("protected")
pair_rates = _accessor("pair_rates")
sku_rates = _accessor("sku_rates")
risks = _accessor("risks")
watched = _accessor("watched")
set_aside = _accessor("set_aside")
corrected = _accessor("corrected")
rejected = _accessor("rejected")
today = _accessor("today")
region_shifts = _accessor("region_shifts")
offers = _accessor("offers")
substitutes = _accessor("substitutes")
ending = _accessor("ending")
carriage = _accessor("carriage")
store_days = _accessor("store_days")
parcels = _accessor("parcels")
prices = _accessor("prices")
charges = _accessor("charges")


def far(function: Callable[..., Any]) -> Any:
    """Compile a kernel of integers apart, and call it from others through its address.

    numba links everything that a kernel calls into it and optimises it once more, level by level, so what many kernels
    call would be compiled many times. A far function must not raise: nobody would hear of it. What this returns is for
    kernels only; Python calls a kernel that calls it.
    """
    place = 2 * len(TABLES) + len(_code)
    arity = len(inspect.signature(function).parameters)
    kind = numba.types.int64(*(numba.types.int64,) * arity)
    _code.append(cache(lambda: int(numba.cfunc(kind, cache=True)(function).address)))

    @intrinsic  # type: ignore[untyped-decorator]  # numba ships no types
    def call(context: TypingContext, *arguments: Any) -> Any:
        def generate(target: BaseContext, builder: Any, signature: Any, values: Any) -> Any:
            word = ir.IntType(64)
            given = [builder.extract_value(values[0], i) for i in range(arity)]
            code = builder.inttoptr(
                _entry(builder, given[0], place), ir.FunctionType(word, [word] * arity).as_pointer()
            )
            return builder.call(code, given)

        return numba.types.int64(numba.types.StarArgTuple((numba.types.int64,) * arity)), generate

    return call


def compile_far() -> list[Callable[[], int]]:
    """What compiles each far function, or loads it from the cache."""
    return list(_code)


def aligned(size: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Zeros that begin on a cache line."""
    raw = np.zeros(size * dtype.itemsize + _CACHE_LINE, np.uint8)
    start = -raw.ctypes.data % _CACHE_LINE
    return raw[start : start + size * dtype.itemsize].view(dtype)


class Memory:
    """Owner of the data plane's tables."""

    def __init__(self) -> None:
        self._arrays: dict[str, NDArray[Any]] = {}
        self._directory = np.zeros(2 * len(TABLES) + _CODE_MAX, np.int64)
        for place, address in enumerate(_code):
            self._directory[2 * len(TABLES) + place] = address()
        self.handle = int(self._directory.ctypes.data)
        for name, dtype in TABLES:
            self.put(name, np.zeros(1, dtype))

    def put(self, name: str, array: NDArray[Any]) -> None:
        """Make ``array`` (one-dimensional, contiguous, of the declared dtype) the table ``name``."""
        position = _INDEX[name]
        if array.dtype != TABLES[position][1] or array.ndim != 1 or not array.flags.c_contiguous:
            raise ValueError(f"table {name} must be a contiguous one-dimensional array of {TABLES[position][1]}")
        self._arrays[name] = array
        self._directory[2 * position] = array.ctypes.data
        self._directory[2 * position + 1] = array.size

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]
