"""A fitted log as the text of a preset, each value with what it rests on."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from twin.calibration.fit import Calibrated
from twin.calibration.sales import Sales, shown_day
from twin.scenario.laws import CountLaw
from twin.world.replay.account import READ

_WIDTH: Final = 118
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def preset_text(done: Calibrated) -> str:
    """YAML of the preset: the same bytes for the same log and declaration."""
    head = textwrap.wrap(" ".join(_head(done)), _WIDTH, initial_indent="# ", subsequent_indent="# ")
    return "\n".join([*head, f"preset: {done.declared.name}", *_profile(done), *_parts(done), ""])


def _head(done: Calibrated) -> Iterator[str]:
    declared, logged = done.declared, done.logged
    source = declared.provenance
    yield f"{source.title[0].upper()}{source.title[1:]}. {source.citation}. Licence: {source.licence}."
    yield f"{logged.path.name}, {logged.account.lines(READ):,} rows, SHA-256 {_digest(logged.path)}."
    yield f"Fitted to {logged.fit.day.size:,} lines sold from {_span(logged.fit)}, and tested on {logged.test.day.size:,} from {_span(logged.test)}."
    if declared.max_order_units is not None:
        yield f"Orders of more than {declared.max_order_units} units are left out."
    if declared.usd != 1:
        yield f"Prices are in USD at {declared.usd:g}."
    yield f"Written by `twin calibrate {declared.name}`."


def _span(sales: Sales) -> str:
    return f"{shown_day(sales.first_day)} to {shown_day(sales.end_day - 1)}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _profile(done: Calibrated) -> Iterator[str]:
    what = "orders" if done.declared.holds == "orders" else "till lines"
    yield f"profile: # [F] {int(done.hours.counts.sum()):,} {what} per hour of the week, not smoothed; {_tested(done, 'hour profile')}"
    for place, name in enumerate(_DAYS):
        rates = ", ".join(f"{rate:g}" for rate in done.hours.rates[24 * place : 24 * place + 24])
        yield f"  {'[' if place == 0 else ' '}{rates}{']' if place == 6 else ','} # {name}"


def _parts(done: Calibrated) -> Iterator[str]:
    yield "channel:" if done.declared.holds == "orders" else "tills:"
    if done.declared.holds == "orders":
        yield f"  profile: {done.declared.name} # [F] the profile above"
    what = next(finding.what for finding in done.findings if finding.what.startswith("dispersion"))
    spread = done.days.dispersion
    yield f"  dispersion: {spread.cv:.3f} # [F] ± {spread.error:.3f}; {_tested(done, what)}"
    for counted in (done.lines, done.units):
        if counted is not None:
            yield f"  {counted.what.split()[0]}: {_law(counted.law)} # [F] {_tested(done, counted.what)}"
    if (back := done.returns) is not None and done.declared.holds == "orders":
        share, then = (came / max(sold, 1) for came, sold in zip(back.came, back.sold, strict=True))
        yield "returns:"
        yield f"  share: {share:.4f} # [F] of lines, within {done.declared.return_days} days; of those kept apart {then:.4f}"
    law, goods = done.goods.popularity, done.goods
    yield "skus:"
    yield f"  count: {law.size} # [F] articles, of which {int((goods.fitted > 0).sum()):,} were sold; the shift goes with it"
    yield f"  popularity_exponent: {law.exponent:.3f} # [F] {_tested(done, 'popularity')}"
    yield f"  popularity_shift: {law.shift:.1f} # [F]"
    if goods.price_law is None:
        return
    yield f"  price_mean_usd: {goods.price_law.mean:.2f} # [F] median price of each article; {_tested(done, 'price of an article')}"
    yield f"  price_cv: {goods.price_law.cv:.3f} # [F]"


def _law(law: CountLaw) -> str:
    values = ", ".join(map(str, law.values))
    shares = ", ".join(f"{share:.6f}".rstrip("0") for share in law.shares)
    return f"{{values: [{values}], shares: [{shares}]}}"


def _tested(done: Calibrated, what: str) -> str:
    """Distances of a finding, in the words of its measure."""
    found = next(finding for finding in done.findings if finding.what == what)
    chance = "" if found.chance is None else f" (by chance {found.chance:.3f})"
    return f"{found.measure} distance {found.fitted:.3f}, on the days kept apart {found.held_out:.3f}{chance}"
