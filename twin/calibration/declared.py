"""What is declared of a log before anything is fitted to it: a YAML file, the project's own or the user's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import ValidationError

from twin.core.errors import UsageError
from twin.scenario.base import DATE, Broken, Model, Name, Positive, Seq, par
from twin.scenario.demand import DemandLog
from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.nodes import Node, compose_file, locate
from twin.scenario.suggest import did_you_mean, not_among, shown
from twin.world.replay.log import unreadable

_SHIPPED: Final = files("twin.calibration") / "logs"


class LeftOut(Model):
    """Articles that are not fitted, by a table of articles."""

    table: str = par(unit="file", meaning="Parquet or CSV with one row per article; found where the log is")
    key: str = par(unit="column", meaning="article code, as in the log")
    column: str = par(unit="column", meaning="kind of the article")
    kinds: Seq[str] = par(unit="names", meaning="kinds whose articles are left out", min_length=1)


class Provenance(Model):
    """What a fitted value must say of where it comes from."""

    title: str = par(unit="text", meaning="what the log is")
    citation: str = par(unit="text", meaning="how the source asks to be cited")
    licence: str = par(unit="text", meaning="licence of the log")


class Calibration(DemandLog):
    """A log, how it is read, and which of its days are fitted."""

    name: Name = par(unit="name", meaning="name of the preset and of its profile")
    provenance: Provenance = par(unit="object", meaning="source of the log")
    holds: Literal["orders", "till_lines"] = par(
        unit="name", meaning="online orders with all their lines, or single lines of till receipts"
    )
    sampled: float = par(
        1.0,
        unit="share",
        meaning="share of all lines that the log holds; below 1 orders are broken, so lines per order are not fitted",
        gt=0,
        le=1,
    )
    fit_until: str = par(
        unit="local date", meaning="first of the days that are kept apart to test what was fitted before", pattern=DATE
    )
    max_order_units: Positive | None = par(
        None,
        unit="units",
        meaning="orders of more units are set aside; a small number leaves what a consumer might buy",
    )
    left_out: LeftOut | None = par(None, unit="object", meaning="articles that are not fitted")
    usd: float = par(1.0, unit="USD", meaning="worth of one unit of the log's currency in its period", gt=0)
    level_days: Positive = par(
        7, unit="days", meaning="the level of trade may differ from one span of days to the next; dispersion is within"
    )
    return_days: Positive = par(60, unit="days", meaning="returns are followed so long after the sale")

    def broken(self) -> Iterator[Broken]:
        if self.holds == "till_lines" and self.columns.store is None:
            yield Broken(("columns", "store"), "is needed when the log holds till lines")
        for path, rule in unreadable(self):
            yield Broken((path,), rule)
        try:
            date.fromisoformat(self.fit_until)
        except ValueError as reason:
            yield Broken(("fit_until",), f"is no date: {reason}")


def shipped() -> tuple[str, ...]:
    """Names of the logs that the project declares itself."""
    return tuple(sorted(path.name.removesuffix(".yaml") for path in _SHIPPED.iterdir()))


def declaration_file(name: str) -> Path:
    """The declaration of a log: a file, or one that the project ships. Raises :class:`UsageError` for anything else."""
    if name in shipped():
        return Path(str(_SHIPPED / f"{name}.yaml"))
    path = Path(name)
    if path.suffix in (".parquet", ".csv"):
        raise UsageError(
            f"{name} is a log: twin calibrate takes the declaration of one, which says what its columns are; "
            f"twin calibrate {shipped()[0]} --declaration > mine.yaml prints one to start from"
        )
    if not path.is_file():
        raise UsageError(f"{not_among('declaration', name, shipped())}, and there is no such file")
    return path


def read_declaration(path: Path) -> Calibration:
    """Read and check a declaration. Raises :class:`ScenarioError` with everything that is wrong with it."""
    root, problems = compose_file(path)
    try:
        declared = Calibration.model_validate(root.plain())
    except ValidationError as error:
        raise ScenarioError([*problems, *_problems(root, error, path)]) from None
    if problems:
        raise ScenarioError(problems)
    return declared


def _problems(root: Node, error: ValidationError, path: Path) -> Iterator[Problem]:
    for detail in error.errors(include_url=False):
        reason = detail.get("ctx", {}).get("error")
        for broken in getattr(reason, "broken", ()) or [Broken(tuple(detail["loc"]), _said(dict(detail)))]:
            inside = tuple(detail["loc"]) if reason is not None else ()
            mark, place = locate(root, (*inside, *broken.path))
            yield Problem(mark.file or str(path), mark.line, mark.column, place or "declaration", broken.message)


def _said(detail: dict[str, Any]) -> str:
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] == "extra_forbidden":
        return f"unknown key{did_you_mean(str(detail['loc'][-1]), Calibration.model_fields)}"
    return f"{detail['msg'].removeprefix('Input should be ')}, it is {shown(detail['input'])}"
