"""Nodes that an order may not come from."""

from __future__ import annotations

from typing import Any

from twin.core.jit import kernel
from twin.kernels.memory import nodes


@kernel
def is_barred(handle: int, pair: Any, order: Any) -> bool:
    """Whether the order may come from DCs only and this is a store; so are all that follow among a SKU's pairs."""
    return order.dc_only != 0 and nodes(handle)[pair.node].is_dc == 0
