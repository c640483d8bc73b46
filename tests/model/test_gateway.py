"""What stands between checkouts and the systems they call, as whole runs show it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.model.journals import NO_MARKET, brief, flows, journal
from tests.model.runs import systems
from twin.core.clock import HOUR, SECOND
from twin.journal.orders import Refusal, Status
from twin.scenario.scenario import Scenario

ASKING: dict[str, Any] = {"reserving": {"point": "none"}, "degradation": {"strategy": "fail_closed"}}
"""One call of the service for each checkout."""

SLOW: dict[str, Any] = {"servers": 50, "service": "20s", "timeout": "1m"}
REGIONS = [
    {"name": "east", "time_zone": "America/New_York", "share": 0.6, "jurisdiction": "us"},
    {"name": "west", "time_zone": "America/Los_Angeles", "share": 0.4, "jurisdiction": "ca"},
]


def refused(run: dict[str, Any], reason: Refusal) -> np.ndarray[Any, Any]:
    return np.asarray(run["lines"]["refusal"] == reason)


def call_times(run: dict[str, Any], reason: Refusal) -> set[int]:
    """Time spent on calls by the orders that were lost for a reason."""
    lost = np.isin(run["orders"]["order"], run["lines"]["order"][refused(run, reason)])
    return set(run["orders"]["call"][lost].tolist())


# ---- Limits ----------------------------------------------------------------------------------------------------------


def test_who_is_refused_stays_away_as_long_as_the_refusal_says() -> None:
    limits = {"concurrency": 1, "retry_after": "30s"}
    retry = {"attempts": 3, "wait": "1s", "jitter": "none"}
    run = journal(brief(**NO_MARKET), systems(**ASKING, service=SLOW | {"limits": limits}, resilience={"retry": retry}))
    assert refused(run, Refusal.THROTTLED).sum() > 100
    assert call_times(run, Refusal.THROTTLED) == {60 * SECOND}
    alone = journal(brief(**NO_MARKET), systems(**ASKING, service=SLOW | {"limits": {"concurrency": 1}}))
    assert call_times(alone, Refusal.THROTTLED) == {0}


def test_a_queue_turns_refusals_into_waits_and_a_hurried_caller_hangs_up() -> None:
    one = {"concurrency": 1}
    waiting = one | {"queue": 1_000, "wait": "5m"}
    refusing, patient, hurried = (
        journal(brief(**NO_MARKET), systems(**ASKING, service=SLOW | changes))
        for changes in (
            {"service": "2s", "limits": one},
            {"service": "2s", "limits": waiting, "timeout": "5m"},
            {"limits": waiting, "timeout": "25s"},
        )
    )
    assert flows(refusing)["calls_throttled"] > 5 * flows(patient)["calls_throttled"]
    assert flows(patient)["calls_queued"] > 100
    assert not refused(hurried, Refusal.THROTTLED).any()
    assert call_times(hurried, Refusal.TIME_OUT) == {25 * SECOND}


def test_a_quota_keeps_a_channel_from_starving_another() -> None:
    crowd = {"demand__channels__web__weekly_checkouts": 60_000.0, "demand__channels__app__weekly_checkouts": 500.0}
    description = brief(**NO_MARKET, **crowd)
    shares = []
    for quotas in ({}, {"web": 0.5}):
        limits = {"concurrency": 2, "quotas": quotas}
        lines = journal(description, systems(**ASKING, service=SLOW | {"limits": limits}))["lines"]
        app = lines["channel"] == 1
        shares.append(np.mean(lines["refusal"][app] == Refusal.THROTTLED))
    assert shares[0] > 3 * shares[1]


# ---- Tokens ----------------------------------------------------------------------------------------------------------


def with_tokens(faults: list[dict[str, Any]], **credentials: Any) -> dict[str, Any]:
    arm = systems(**ASKING, credentials={"tokens": True, "service": "100ms"} | credentials)
    return journal(brief(**NO_MARKET, faults=faults), arm)


def test_a_channel_fetches_a_token_a_lifetime_and_all_calls_share_it() -> None:
    run = with_tokens([], lifetime="1h")
    total, hours = flows(run), 48
    assert hours < total["token_fetches"] <= 2 * hours
    assert total["service_calls"] > 10 * total["token_fetches"]
    assert total["token_failures"] == total["calls_unauthorised"] == 0


OUTAGE = [{"system": "identity", "at": "20h", "duration": {"law": "constant", "mean": "90m"}}]


def test_an_outage_of_the_identity_provider_closes_the_channels_once_their_tokens_expire() -> None:
    run = with_tokens(OUTAGE, lifetime="1h")
    lost = run["lines"]["t_decision"][refused(run, Refusal.UNAUTHORISED)]
    assert lost.size > 20
    assert 20 * HOUR <= lost.min() < lost.max() < 21.5 * HOUR


def test_tokens_refreshed_ahead_bridge_an_outage_that_is_shorter_than_the_margin() -> None:
    run = with_tokens(OUTAGE, lifetime="4h", ahead="2h")
    assert flows(run)["token_failures"] > 0
    assert flows(run)["calls_unauthorised"] == 0


def test_a_provider_that_is_too_slow_gives_no_tokens() -> None:
    run = with_tokens([], service="7s", timeout="5s")
    assert flows(run)["service_calls"] == 0
    assert set(run["lines"]["refusal"].tolist()) >= {int(Refusal.UNAUTHORISED)}
    assert max(call_times(run, Refusal.UNAUTHORISED)) == 5 * SECOND


# ---- Contracts -------------------------------------------------------------------------------------------------------

RELEASE = {
    "system": "service",
    "version": "v2",
    "at": "14h",
    "notice": "10h",
    "rework": {"law": "constant", "mean": "1h"},
}


def released(*, around: str = "24h", **contracts: Any) -> dict[str, Any]:
    arm = systems(**ASKING, contracts={"workday": around} | contracts)
    return journal(brief(**NO_MARKET, releases=[RELEASE]), arm)


def test_a_release_breaks_every_coupled_channel_or_one_adapter() -> None:
    direct, adapter = released(), released(service="adapter")
    hours = [(flows(run)["rework_us"] / HOUR, flows(run)["broken_us"] / HOUR) for run in (direct, adapter)]
    assert hours == [(2.0, 1.0 + 2.0), (1.0, 1.0 + 1.0)]
    for run, last in ((direct, 16), (adapter, 15)):
        lost = run["lines"]["t_decision"][refused(run, Refusal.GONE)]
        assert 14 * HOUR <= lost.min() < lost.max() < last * HOUR
        assert lost.size > 20


def test_more_people_and_longer_days_mend_sooner() -> None:
    broken = [flows(released(people=people, around=around))["broken_us"] / HOUR for people, around in
              ((1, "8h"), (2, "8h"), (2, "24h"))]  # fmt: skip
    assert broken == [3.0 + 6.0, 3.0 + 3.0, 1.0 + 1.0]


def test_who_heeds_the_notice_is_never_broken_and_works_as_much() -> None:
    run = released(migrate="ahead")
    assert flows(run)["broken_us"] == flows(run)["calls_gone"] == 0
    assert flows(run)["rework_us"] == 2 * HOUR


def test_couplings_can_be_migrated_at_a_given_instant() -> None:
    run = released(migrated={"v2": "14h30m"})
    lost = run["lines"]["t_decision"][refused(run, Refusal.GONE)]
    assert 14 * HOUR <= lost.min() < lost.max() < 14.5 * HOUR
    assert flows(run)["broken_us"] == HOUR


def test_orders_wait_for_a_broken_erp_adapter_and_nobody_is_refused() -> None:
    release = RELEASE | {"system": "erp"}
    arm = systems(**ASKING, erp={"coupling": "adapter"}, contracts={"workday": "24h"})
    run = journal(brief(**NO_MARKET, releases=[release]), arm)
    accepted, sourced = run["orders"]["t_accept"], run["orders"]["t_release"]
    during = (accepted > 14 * HOUR) & (accepted < 14.9 * HOUR) & (sourced > 0)
    assert during.any()
    assert (sourced[during] >= 15 * HOUR).all()
    assert flows(run)["calls_gone"] == 0


# ---- Borders ---------------------------------------------------------------------------------------------------------


def at_the_border(policy: str, **more: Any) -> tuple[dict[str, Any], np.ndarray[Any, Any]]:
    """A run whose service is in one of two jurisdictions, and which of its lines are of customers of the other."""
    arm = systems(**ASKING, residency={"service": "us", "policy": policy} | more)
    run = journal(Scenario.model_validate(bordered()), arm)
    foreign = run["orders"]["order"][run["orders"]["region"] == 1]
    return run, np.isin(run["lines"]["order"], foreign)


def bordered() -> dict[str, Any]:
    plain = brief(**NO_MARKET).model_dump(mode="json")
    plain["estate"]["regions"] = REGIONS
    return plain


def test_a_call_that_crosses_is_refused_where_policy_says_so() -> None:
    run, foreign = at_the_border("refuse")
    asked = np.isin(run["lines"]["status"], (Status.ACCEPTED, Status.SUPPLIED, Status.OVERSOLD))
    assert refused(run, Refusal.RESIDENCY)[foreign].any()
    assert not refused(run, Refusal.RESIDENCY)[~foreign].any()
    assert not asked[foreign].any()
    assert flows(run)["calls_kept_back"] > 0


@pytest.mark.parametrize(("policy", "counted"), [("pass", "calls_crossing"), ("redact", "calls_redacted")])
def test_calls_that_cross_are_counted(policy: str, counted: str) -> None:
    run, foreign = at_the_border(policy)
    assert not refused(run, Refusal.RESIDENCY).any()
    orders = np.unique(run["lines"]["order"][foreign]).size
    assert 0 < flows(run)[counted] <= orders
    assert sum(flows(run)[name] for name in ("calls_crossing", "calls_redacted")) == flows(run)[counted]


def test_a_call_that_crosses_takes_longer_where_policy_delays_it() -> None:
    run, _ = at_the_border("delay", delay="10s")
    asked = run["orders"]["call"] > 0
    delayed = run["orders"]["call"] >= 10 * SECOND
    assert (delayed[asked] == (run["orders"]["region"][asked] == 1)).all()
