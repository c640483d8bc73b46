from __future__ import annotations

import ast
from collections import Counter
from enum import IntEnum
from functools import cache
from itertools import chain, combinations
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.reference import model
from tests.reference.cases import CASES, Case
from tests.reference.equality import compare, difference
from tests.reference.model import Journal, simulate
from twin.journal.books import Document, ExceptionEnd
from twin.journal.checkout import Answer, Errand
from twin.journal.notices import Notice
from twin.journal.observability import By, Signal, SpanKind
from twin.journal.orders import Cause, CollectionEnd, Decline, Degraded, Mode, Refusal, SagaEnd, Status
from twin.journal.prices import Settled
from twin.journal.returns import Claim, Condition, RefundEnd, ReturnEnd
from twin.journal.tables import TABLES
from twin.journal.totals import Fate, FeedName, Flow, Latency
from twin.policies.counting import Why
from twin.scenario.arms import PRESETS
from twin.scenario.books import Books
from twin.scenario.degradation import Degradation, Fallback
from twin.scenario.order_release import Release
from twin.scenario.prices import PriceRoute, Prices
from twin.scenario.reloads import Reload
from twin.scenario.resilience import Resilience
from twin.scenario.returns import Returns
from twin.scenario.saga import Saga
from twin.scenario.shortages import Shortage
from twin.scenario.systems import Feed, Publication, Sourcing
from twin.world.tables import SYSTEMS, TroubleKind, WorldDay
from twin.world.world import World

AT_LEAST = 5
KINDS: tuple[type[IntEnum], ...] = (
    Status, Refusal, Cause, Degraded, Mode, Flow, Latency, FeedName, Fate, TroubleKind, Signal, By, SpanKind,
    SagaEnd, ReturnEnd, RefundEnd, Claim, Condition, Why, CollectionEnd, Decline, Document, ExceptionEnd,
    Answer, Errand, Notice,
)  # fmt: skip
FEEDS = ("movements", "orders", "posting")
CHOICES = {
    "policy": ("block", "divert", "skip"),
    "replay": (True, False),
    "redrive": ("none", "repaired"),
    "redrive_order": ("oldest", "newest"),
    "overflow": ("hold_back", "drop_oldest", "reject"),
    "catch_up": ("oldest", "newest", "pooled_first"),
    "protocol": ("eager", "cooperative"),
    "content": ("delta", "level"),
    "keyed": (True, False),
    "idempotent": (True, False),
    "versioned": (True, False),
}
"""What an arm may choose about the messages of a feed."""
RELOADS = {
    "mode": ("off", "load", "compare"),
    "rule": ("overwrite", "younger", "replay"),
    "source": ("record", "stores"),
    "nets": ("none", "promised"),
}
"""What an arm may choose about snapshots."""
SPELLS = ("of", "when", "recovery")
"""What a fallback may choose besides its strategy."""
RETURNS = {
    "restock": ("where_it_is", "dc", "best"),
    "open box": ("shelf", "write_off"),
    "refund at": ("receipt", "inspection", "restock"),
    "unified": (True, False),
    "refunds with keys": (True, False),
    "across": ("dc", "file"),
}
"""What an arm may choose about what comes back."""
SAGAS = ("hops", "duplicates", "orphans", "cases", "undone")
"""What may happen in a saga."""
ALLOWED = (
    "twin.core",
    "twin.journal",
    "twin.policies",
    "twin.scenario",
    "twin.world",
)
MODEL = Path(model.__file__)

pytestmark = pytest.mark.xdist_group("equality")
"""On one worker: the last test looks at all worlds that the others have compared."""


@cache
def _compared(case: Case) -> tuple[dict[str, Journal], dict[str, str]]:
    """The reference's journal per arm, and how the twin's differs where it does."""
    scenario, world = case.scenario(), case.world()
    runs = {arm: compare(world, scenario, systems) for arm, systems in scenario.arms.items()}
    return {arm: run[0] for arm, run in runs.items()}, {arm: run[1] for arm, run in runs.items() if run[1]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_twin_leaves_the_journal_of_the_plain_reference(case: Case) -> None:
    _, differences = _compared(case)
    assert not differences, "\n".join(f"{case.name}, arm {arm}: {told}" for arm, told in differences.items())


def test_the_worlds_together_show_every_kind_of_row_and_setting_often_enough() -> None:
    seen: Counter[str] = Counter()
    for case in CASES:
        for arm, journal in _compared(case)[0].items():
            seen += _shown(case.arms[arm], journal)
        seen += _ties(case.world()) + _faults(case.world())
    seldom = {name: seen[name] for name in _expected() if seen[name] < AT_LEAST}
    assert not seldom, f"seen less than {AT_LEAST} times: {seldom}"


def _expected() -> list[str]:
    members = [f"{kind.__name__} {member.name}" for kind in KINDS for member in kind]
    points = [f"point {point}" for point in ("none", "checkout", "payment", "order")]
    modes = [f"mode {mode}" for mode in ("own_copy", "synchronous", "events")]
    ties = [f"tie of {a} and {b}" for a, b in (("order", "order"), ("order", "till"), ("till", "till"))]
    rows = [f"row of {table}" for table in TABLES]
    presets = [f"preset {preset}" for preset in PRESETS]
    breakers = [f"breaker {window}" for window in ("off", "count", "time")]
    jitters = [f"jitter {jitter}" for jitter in ("none", "full", "equal", "decorrelated", "spread")]
    choices = [f"{name} {choice}" for name, listed in CHOICES.items() for choice in listed]
    spells = [f"{name} {choice}" for name in SPELLS for choice in get_args(Fallback.model_fields[name].annotation)]
    released = [f"release {order}" for order in ("at once", "oldest", "newest", "priority", "throttled", "overtaken")]
    rare = ["failed job", "level node", "re-brokered", "crash", "stuck", "failover", "link outage", "slow"]
    rare += ["listing full", "listing delta", "later feed of a listing", "part of all SKUs", "pickup by a fallback"]
    modes += [f"feed {mode}" for mode in ("batch", "stream", "queue")]
    rare += [f"saga {mode}" for mode in get_args(Saga.model_fields["mode"].annotation)]
    rare += [f"saga {what}" for what in (*SAGAS, "too late", "given up and open", "lost for want of people")]
    rare += [f"returns {mode}" for mode in get_args(Returns.model_fields["mode"].annotation)]
    rare += [f"{name} {choice}" for name, listed in RETURNS.items() for choice in listed]
    rare += ["goods sent elsewhere", "refund paid twice", "refund by hand", "refund paid and open"]
    rare += [f"exceptions {queue} first" for queue in ("oldest", "dearest")]
    rare += ["dead letters wait", "dead letters correct", "close with repetitions", "close over dead letters"]
    rare += ["close that waits for the ERP", "exception healed at a close", "correction downwards"]
    rare += [f"offer {offer}" for offer in get_args(Shortage.model_fields["offer"].annotation)]
    rare += ["backorder supplied", "substitute supplied", "substitute short", "backorder not shipped"]
    rare += [f"strategy {strategy}" for strategy in get_args(Sourcing.model_fields["strategy"].annotation)]
    rare += ["split never", "few parcels", "store cap", "pick lists", "order in two parcels", "dear parcel"]
    rare += [f"prices {mismatch}" for mismatch in get_args(Prices.model_fields["mismatch"].annotation)]
    rare += [f"prices by {mode}" for mode in get_args(PriceRoute.model_fields["mode"].annotation)]
    rare += [f"settled {how.name}" for how in Settled if how != Settled.NONE]
    rare += ["price told ahead", "price of an older change", "price event lost", "price event overtaken"]
    rare += ["price file that failed", "till above the list", "till below the list"]
    drawn = [*breakers, *jitters, *choices, *spells, *released]
    return [*members, *points, *modes, *ties, *rows, *presets, *drawn, *rare]


def _shown(arm: dict[str, Any], journal: Journal) -> Counter[str]:
    """What one run shows; a setting counts once per run."""
    lines, jobs, reserving = journal["lines"], journal["jobs"], arm["reserving"]
    resilience = Resilience.model_validate(arm.get("resilience", {}))
    reload = Reload.model_validate(arm.get("reload", {}))
    chosen = RELOADS if reload.mode != "off" else ("mode",)
    settings = (
        *(f"reload {name} {getattr(reload, name)}" for name in chosen),
        f"preset {arm['preset']}",
        *(f"{name} {reserving[name]}" for name in ("point", "mode", "level")),
        f"breaker {resilience.breaker.window}",
        f"jitter {resilience.retry.jitter if resilience.retry.attempts > 1 else 'of nothing'}",
        *_release(Release.model_validate(arm["release"])),
        *(setting for feed in FEEDS for setting in _messaging(Feed.model_validate(arm[feed]))),
    )
    out = Counter({f"row of {table}": rows.size for table, rows in journal.items()}) + Counter(settings)
    columns: dict[type[IntEnum], NDArray[Any]] = {
        Status: lines["status"],
        Refusal: lines["refusal"],
        Cause: lines["cause"],
        Degraded: lines["degraded"],
        Mode: lines["mode"],
        FeedName: jobs["feed"],
        Latency: journal["latency"]["measure"],
        Signal: journal["alerts"]["signal"],
        By: journal["incidents"]["by"],
        SpanKind: journal["spans"]["span"],
        SagaEnd: journal["sagas"]["outcome"],
        ReturnEnd: journal["returns"]["outcome"],
        RefundEnd: journal["refunds"]["outcome"],
        Claim: journal["refunds"]["kind"],
        Condition: journal["returns"]["condition"][journal["returns"]["t_graded"] >= 0],
        Why: journal["counts"]["why"],
        Decline: lines["decline"],
        CollectionEnd: journal["collections"]["outcome"],
        Document: journal["exceptions"]["document"],
        ExceptionEnd: journal["exceptions"]["outcome"],
        Answer: journal["errands"]["answer"],
        Errand: journal["errands"]["errand"],
        Notice: journal["notices"]["notice"],
    }
    for kind, values in columns.items():
        out += Counter(f"{kind.__name__} {kind(value).name}" for value in values)
    out += Counter({f"Flow {name.upper()}": int(value) for name, value in journal["flows"].tolist()})
    out += Counter({f"Fate {Fate(fate).name}": int(number) for _, fate, number in journal["fates"].tolist()})
    fallbacks = Degradation.model_validate(arm.get("degradation", {})).fallbacks
    for place in journal["fallbacks"]["fallback"].tolist():
        out.update(f"{name} {getattr(fallbacks[place], name)}" for name in SPELLS)
    taken = (lines["degraded"] > Degraded.SERVE_STALE) & (lines["status"] >= Status.ACCEPTED)
    out["pickup by a fallback"] += int((taken & (lines["mode"] == Mode.PICKUP)).sum())
    out["release overtaken"] += _overtaken(arm, journal)
    out += _sagas(arm, journal["sagas"])
    out += _returns(arm, journal["returns"], journal["refunds"])
    out += _books(arm, journal["closes"], journal["exceptions"])
    out += _shortages(arm, lines)
    out += _prices(arm, journal)
    out["failed job"] += int(jobs["failed"].sum())
    out += _sourcing(Sourcing.model_validate(arm.get("sourcing", {})), journal["parcels"])
    out += _listings(arm, jobs)
    out["re-brokered"] += int(((lines["short_picks"] > 0) & (lines["status"] == Status.SUPPLIED)).sum())
    return out


def _sourcing(chosen: Sourcing, parcels: NDArray[Any]) -> Counter[str]:
    """How nodes were chosen, and what left them."""
    out = Counter({f"strategy {chosen.strategy}": 1, f"split {chosen.split}": 1})
    limits = {"few parcels": chosen.most_parcels, "store cap": chosen.store_cap, "pick lists": chosen.store_waves}
    out.update(name for name, limit in limits.items() if limit)
    _, counts = np.unique(parcels["order"], return_counts=True)
    out["order in two parcels"] += int((counts > 1).sum())
    out["dear parcel"] += int((parcels["cents"] > parcels["cents"].mean()).sum()) if parcels.size else 0
    return out


def _listings(arm: dict[str, Any], jobs: NDArray[Any]) -> Counter[str]:
    """How channels were told by listings."""
    kinds = [Publication.model_validate(each) for each in arm["publications"].values()]
    out = Counter(f"listing {each.content}" for each in kinds if each.mode == "file")
    feeds = jobs[jobs["feed"] == FeedName.PUBLICATION]
    together = Counter(zip(feeds["channel"].tolist(), feeds["extract"].tolist(), strict=True))
    out["later feed of a listing"] += sum(together.values()) - len(together)
    out["part of all SKUs"] += int((feeds["rows"] < feeds["rows"].max(initial=0)).sum())
    return out


def _sagas(arm: dict[str, Any], rows: NDArray[Any]) -> Counter[str]:
    """What sagas were led by, and what became of them."""
    saga = Saga.model_validate(arm.get("saga", {}))
    out = Counter({f"saga {saga.mode}": 1})
    for what in SAGAS:
        out[f"saga {what}"] += int((rows[what] > 0).sum())
    given_up = rows["t_given_up"] >= 0
    out["saga lost for want of people"] += int((given_up & (rows["failed"] >= 0) & (rows["cases"] == 0)).sum())
    out["saga given up and open"] += int((given_up & (rows["outcome"] == SagaEnd.OPEN)).sum())
    if saga.mode == "orchestration":
        out["saga too late"] += int((rows["t_given_up"] - rows["t_begin"] > saga.deadline).sum())
    return out


def _returns(arm: dict[str, Any], goods: NDArray[Any], refunds: NDArray[Any]) -> Counter[str]:
    """How what came back was handled, and what became of the money."""
    returns = Returns.model_validate(arm.get("returns", {}))
    chosen = returns.refunds
    settings = [f"returns {returns.mode}", f"restock {returns.restock}", f"open box {returns.open_box}"]
    settings += [f"refund at {chosen.at}", f"unified {chosen.unified}", f"refunds with keys {chosen.keys}"]
    settings += [] if chosen.unified else [f"across {chosen.across}"]
    out = Counter(settings if returns.mode == "inspected" else settings[:1])
    out["goods sent elsewhere"] += int((goods["node"] != goods["origin"]).sum())
    out["refund paid twice"] += int((refunds["paid"] > 1).sum())
    out["refund by hand"] += int((refunds["human"] > 0).sum())
    out["refund paid and open"] += int(((refunds["paid"] > 0) & (refunds["outcome"] == RefundEnd.OPEN)).sum())
    return out


def _messaging(feed: Feed) -> list[str]:
    """What a feed chooses, where the choice makes a difference."""
    content = [f"content {feed.content}"]
    if feed.content == "level":
        content.append(f"versioned {feed.consumers.versioned}")
    content.append(f"feed {feed.mode}")
    if feed.mode == "batch":
        return [f"policy {feed.failing.policy}", *content]
    chosen = {**feed.failing.model_dump(), **feed.topic.model_dump(), **feed.consumers.model_dump()}
    if not feed.topic.backlog_limit:
        del chosen["overflow"]
    unused = {"versioned", *(("protocol", "keyed", "catch_up") if feed.mode == "queue" else ())}
    return [*content, *(f"{name} {chosen[name]}" for name in CHOICES if name in chosen and name not in unused)]


def _shortages(arm: dict[str, Any], lines: NDArray[Any]) -> Counter[str]:
    """What customers of short lines were offered, and what they got."""
    short, other = lines["t_short"] >= 0, lines["substitute"] >= 0
    supplied, oversold = lines["status"] == Status.SUPPLIED, lines["status"] == Status.OVERSOLD
    out = Counter({f"offer {Shortage.model_validate(arm.get('sourcing', {}).get('shortage', {})).offer}": 1})
    out["backorder supplied"] += int((short & supplied & ~other).sum())
    out["substitute supplied"] += int((other & supplied).sum())
    out["substitute short"] += int((other & oversold).sum())
    out["backorder not shipped"] += int((short & (lines["status"] == Status.NOT_SHIPPED) & ~other).sum())
    return out


def _books(arm: dict[str, Any], closes: NDArray[Any], exceptions: NDArray[Any]) -> Counter[str]:
    books = Books.model_validate(arm.get("books", {}))
    if not books.on:
        return Counter()
    out = Counter((f"exceptions {books.queue} first", f"dead letters {books.dead_letters}"))
    out["close with repetitions"] += int(np.count_nonzero(closes["repeated_cents"]))
    out["close over dead letters"] += int(np.count_nonzero(closes["dead_cents"]))
    out["close that waits for the ERP"] += int(np.count_nonzero(closes["t"] > closes["t_due"]))
    out["exception healed at a close"] += int(closes["matched"].sum())
    out["correction downwards"] += int(np.count_nonzero(exceptions["corrected"] < 0))
    return out


def _prices(arm: dict[str, Any], journal: Journal) -> Counter[str]:
    """How outlets were told of prices, and what was settled while they differed."""
    if not journal["list_prices"].size:
        return Counter()
    prices = Prices.model_validate(arm.get("prices", {}))
    routes = (prices.tills, prices.own, prices.marketplace)
    out = Counter([f"prices {prices.mismatch}", *(f"prices by {route.mode}" for route in routes)])
    out.update(f"settled {Settled(how).name}" for how in journal["mispriced"]["settled"])
    gaps, events = journal["till_gaps"], journal["price_events"]
    out["price told ahead"] += int(journal["list_prices"]["promotion"].sum()) if prices.own.ahead else 0
    out["price of an older change"] += _backwards(journal["shown_prices"])
    out["price event lost"] += int(events["lost"].sum())
    out["price event overtaken"] += int(events["overtaken"].sum())
    out["price file that failed"] += int(journal["price_jobs"]["failed"].sum())
    out["till above the list"] += int((gaps["till_cents"] > gaps["list_cents"]).sum())
    out["till below the list"] += int((gaps["till_cents"] < gaps["list_cents"]).sum())
    return out


def _backwards(shown: NDArray[Any]) -> int:
    """How often an outlet went back from a price to an earlier one of the same SKU."""
    last: dict[tuple[int, int], int] = {}
    found = 0
    for outlet, sku, change in zip(*(shown[name].tolist() for name in ("outlet", "sku", "change")), strict=True):
        found += change < last.get((outlet, sku), -1)
        last[outlet, sku] = change
    return found


def _release(release: Release) -> list[str]:
    order = f"release {release.order if release.queues else 'at once'}"
    return [order, "release throttled"] if release.rate else [order]


def _overtaken(arm: dict[str, Any], journal: Journal) -> int:
    """Orders released before the one that was accepted just before them."""
    if not Release.model_validate(arm["release"]).queues:
        return 0
    orders = journal["orders"][journal["orders"]["t_release"] >= 0]
    orders = orders[np.argsort(orders["t_accept"], kind="stable")]
    return int((np.diff(orders["t_release"]) < 0).sum())


def _faults(world: World) -> Counter[str]:
    """What befalls messages and those who handle them."""
    out = Counter(f"TroubleKind {TroubleKind(kind).name}" for kind in world.troubles["kind"])
    out.update("stuck" if stuck else "crash" for stuck in world.crashes["stuck"])
    out["slow"] += world.slowdowns.size
    out["failover"] += world.failovers.size
    out["link outage"] += int((world.windows["system"] == SYSTEMS.index("link")).sum())
    return out


def _ties(world: World) -> Counter[str]:
    """Instants at which two entities touch the same SKU."""
    out: Counter[str] = Counter()
    for day in map(world.day, range(world.days)):
        touched: dict[tuple[int, int], list[str]] = {}
        for t, sku, kind in chain(_till_lines(world, day), _order_lines(day)):
            touched.setdefault((t, sku), []).append(kind)
        for kinds in touched.values():
            out.update(f"tie of {a} and {b}" for a, b in combinations(sorted(kinds), 2))
    return out


def _till_lines(world: World, day: WorldDay) -> list[tuple[int, int, str]]:
    return [(int(row["t"]), int(world.estate.pair_sku[row["pair"]]), "till") for row in day.physical]


def _order_lines(day: WorldDay) -> list[tuple[int, int, str]]:
    """First lines are enough: two lines of one order are not two entities."""
    return [(int(row["t"]), int(day.lines["sku"][row["first_line"]]), "order") for row in day.checkouts]


def test_a_difference_names_the_row_and_the_field() -> None:
    case = CASES[0]
    scenario, world = case.scenario(), case.world()
    journal = simulate(world, scenario, next(iter(scenario.arms.values())))
    assert difference(journal, journal) is None
    other = {**journal, "lines": journal["lines"].copy()}
    other["lines"]["belief"][7] += 1
    told = difference(journal, other)
    assert told is not None
    assert "lines, row 7" in told
    assert "belief = " in told
    shorter = difference(journal, {**journal, "jobs": journal["jobs"][:-1]})
    assert shorter is not None
    assert shorter.startswith("jobs: ")


def test_the_reference_is_written_without_the_kernels_and_the_model() -> None:
    for path in _reachable(MODEL, set()):
        imported = {name for name in _imports(path) if name.partition(".")[0] == "twin"}
        foreign = sorted(name for name in imported if not name.startswith(ALLOWED))
        assert not foreign, f"{path.name} imports {foreign}"


def _reachable(path: Path, seen: set[Path]) -> set[Path]:
    """The reference's own files that ``path`` leads to."""
    if path not in seen:
        seen.add(path)
        for name in _imports(path):
            if name.startswith("tests.reference."):
                _reachable(MODEL.parent / f"{name.split('.')[2]}.py", seen)
    return seen


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found
