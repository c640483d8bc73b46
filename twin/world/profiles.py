"""Hour-of-week profiles: 168 relative rates from Monday 00:00 local time.

The built-in ones are assumptions in the shape of what retailers report: shops peak in the late afternoon and on
Saturday, online shops in the evening and on Sunday, malls at the weekend. Those of real logs have the name of their
preset (``twin calibrate`` has fitted them). A scenario can give its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.scenario.arms import products
from twin.scenario.fitted import Fitted, fitted_profile

HOURS: Final = 168

# One rate per hour of the day, and one factor per day from Monday to Sunday. Source: assumption.
_SHOP = (0, 0, 0, 0, 0, 0, 1, 3, 6, 8, 10, 12, 14, 13, 12, 12, 13, 15, 14, 10, 6, 3, 1, 0)
_LOCAL = (0, 0, 0, 0, 0, 1, 4, 8, 9, 9, 10, 11, 10, 9, 9, 10, 13, 17, 17, 12, 8, 5, 2, 1)
_MALL = (0, 0, 0, 0, 0, 0, 0, 1, 3, 6, 9, 11, 13, 14, 14, 14, 14, 14, 13, 11, 8, 4, 1, 0)
_EVENING = (3, 2, 1, 1, 1, 1, 2, 3, 5, 6, 7, 7, 8, 8, 7, 7, 7, 8, 9, 11, 13, 13, 10, 6)
_OFFICE = (0, 0, 0, 0, 0, 0, 0, 3, 8, 10, 9, 7, 5, 6, 7, 6, 4, 2, 0, 0, 0, 0, 0, 0)
_ALL_DAY = (4, 3, 2, 1, 1, 2, 3, 4, 6, 7, 8, 8, 8, 8, 8, 8, 8, 8, 9, 10, 11, 11, 9, 6)

_BUILT_IN: Final[dict[str, tuple[Sequence[float], Sequence[float]]]] = {
    "flat": ((1,) * 24, (1,) * 7),
    "high_street": (_SHOP, (0.85, 0.85, 0.9, 0.95, 1.15, 1.5, 0.8)),
    "mall": (_MALL, (0.75, 0.75, 0.8, 0.9, 1.2, 1.6, 1.0)),
    "neighbourhood": (_LOCAL, (0.95, 0.9, 0.95, 1.0, 1.15, 1.25, 0.8)),
    "online": (_EVENING, (1.1, 1.0, 0.98, 0.97, 0.92, 0.88, 1.15)),
    "marketplace": (_ALL_DAY, (1.08, 1.04, 1.0, 0.98, 0.95, 0.92, 1.03)),
    "working_days": (_OFFICE, (1.3, 1.05, 0.95, 0.9, 0.8, 0, 0)),
}

BUILT_IN: Final = (*_BUILT_IN, *products(Fitted))
"""Names that need no definition in the scenario."""


def weekly_rates(name: str, own: Mapping[str, Sequence[float]]) -> NDArray[np.float64]:
    """The 168 rates of a profile; the scenario's own shadow the built-in ones. Not normalised.

    Raises ``KeyError`` for a name that neither knows.
    """
    if name in own:
        rates = np.asarray(own[name], np.float64)
        return rates if rates.size == HOURS else np.tile(rates, 7)
    if name not in _BUILT_IN:
        return np.asarray(fitted_profile(name), np.float64)
    by_hour, by_day = _BUILT_IN[name]
    return np.outer(by_day, by_hour).ravel().astype(np.float64)
