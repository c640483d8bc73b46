"""What comes back: credit notes matched to earlier sales of the same customer and article."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.calibration.finding import Finding
from twin.calibration.sales import Back, Logged, Numbers
from twin.core.clock import DAY
from twin.stats.distances import gap_by_chance, uniform_gap
from twin.stats.lognormal import Lognormal, fit_lognormal

_ONE_DAY: Final = 1.0


@dataclass(frozen=True)
class Returns:
    """Returns of sales that could be followed for the whole of ``return_days``."""

    read: int  # lines of credit notes
    unmatched: int  # without an earlier sale of the same customer and article
    corrections: int  # within a day of the sale: the goods had not come back, the invoice was put right
    sold: Numbers  # lines sold by known customers and followed: on days of the fit, on days kept apart
    came: Numbers  # of them, lines that came back within return_days
    delay: NDArray[np.float64]  # days, of those on days of the fit
    delay_tested: NDArray[np.float64]
    law: Lognormal  # of delays


def fit_returns(logged: Logged) -> Returns | None:
    """Match returns; ``None`` if a log has none that could be matched."""
    sale = _matched(logged.sold, logged.back)
    sold, back = logged.sold, logged.back
    found = np.flatnonzero(sale >= 0)
    delay = (back.t[found] - sold.t[sale[found]]) / DAY
    corrections = int((delay < _ONE_DAY).sum())
    kept = (delay >= _ONE_DAY) & (delay <= logged.declared.return_days)
    found, delay = found[kept], delay[kept]
    followed = _followed(logged)
    side = [followed == part for part in (0, 1)]
    when = followed[sale[found]]
    known = np.array([int(item.sum()) for item in side])
    came = np.array([int((when == part).sum()) for part in (0, 1)])
    if np.unique(delay[when == 0]).size < 2:
        return None
    law = fit_lognormal(delay[when == 0])
    unmatched = int((sale < 0).sum())
    return Returns(back.t.size, unmatched, corrections, known, came, delay[when == 0], delay[when == 1], law)


def _followed(logged: Logged) -> Numbers:
    """Per sale of a customer whom the log knows: 0 on a day of the fit, 1 on a day kept apart; -1 if the log ends too
    soon.

    A line's order stands for a customer whom the log does not name, so he has one order only; he is not looked for.
    """
    day = logged.sold.t // DAY
    part = np.where(day < logged.test.first_day, 0, 1)
    return np.where(logged.named & (day < logged.test.end_day - logged.declared.return_days), part, -1)


def _matched(sold: Back, back: Back) -> Numbers:
    """Per return the sale it belongs to, -1 if there is none: the latest earlier one of which enough units are out."""
    wanted = set(zip(back.customer.tolist(), back.sku.tolist(), strict=True))
    sales: dict[tuple[int, int], list[int]] = {}
    for number, key in enumerate(zip(sold.customer.tolist(), sold.sku.tolist(), strict=True)):
        if key in wanted:
            sales.setdefault(key, []).append(number)
    out = sold.quantity.copy()
    match = np.full(back.t.size, -1, np.int64)
    for number in np.argsort(back.t, kind="stable"):
        candidates = sales.get((int(back.customer[number]), int(back.sku[number])), [])
        earlier = [sale for sale in candidates if sold.t[sale] <= back.t[number] and out[sale] > 0]
        enough = [sale for sale in earlier if out[sale] >= back.quantity[number]]
        if earlier:
            sale = (enough or earlier)[-1]
            match[number] = sale
            out[sale] = max(out[sale] - back.quantity[number], 0)
    return match


def judge_returns(returns: Returns) -> list[Finding]:
    """Share and delay; delays are held against a lognormal law by Kolmogorov-Smirnov distances."""
    share = returns.came / np.maximum(returns.sold, 1)
    rate = Finding(
        "returned lines",
        f"{share[0]:.2%} of lines",
        int(returns.sold[0]),
        "difference",
        None,
        abs(float(share[1] - share[0])),
        float(np.sqrt(2 / np.pi * share[0] * (1 - share[0]) * (1 / np.maximum(returns.sold, 1)).sum())),
        f"{share[0]:.2%} → {share[1]:.2%}; of {returns.read:,} credit lines {returns.corrections:,} correct an invoice "
        f"within a day, {returns.unmatched:,} match no sale",
    )
    quarter, half, most = np.quantile(returns.delay, (0.25, 0.5, 0.9))
    delay = Finding(
        "delay of a return",
        f"lognormal, mean {returns.law.mean:.1f} d, cv {returns.law.cv:.2f}; "
        f"{quarter:.0f} / {half:.0f} / {most:.0f} d at 25 / 50 / 90 %",
        returns.delay.size,
        "KS",
        _gap(returns.delay, returns),
        _gap(returns.delay_tested, returns),
        gap_by_chance(max(returns.delay_tested.size, 1)),
        f"mean {returns.delay.mean():.1f} → {_mean(returns.delay_tested)} d",
    )
    return [rate, delay]


def _gap(delay: NDArray[np.float64], returns: Returns) -> float | None:
    if delay.size == 0:
        return None
    return uniform_gap(returns.law.below(delay))


def _mean(values: NDArray[np.float64]) -> str:
    return f"{values.mean():.1f}" if values.size else "–"
