"""The view is set to a snapshot (docs/model.md, section 4, "Reloads"); the control plane works out which pairs, and to
what.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.jit import kernel
from twin.kernels.applying import let_go
from twin.kernels.memory import pairs
from twin.kernels.stock import change_view


@kernel
def set_view(handle: int, which: NDArray[np.int64], views: NDArray[np.int64], t: int) -> None:
    """The view of pairs ``which`` is ``views`` from ``t`` on; it does not wait for what the snapshot covers."""
    for i in range(len(which)):
        p = which[i]
        change_view(handle, p, views[i] - pairs(handle)[p].viewed, 0, t - 1)
        let_go(handle, p)
