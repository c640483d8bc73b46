from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.reference.agree import DIFFERS

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Defect:
    """A small mistake in a file of the twin."""

    name: str
    file: str
    right: str
    wrong: str


DEFECTS = (
    Defect(
        "a-slow-link-does-not-hold-up-the-lane",
        "kernels/topics",
        "max(lane.free, message.t + link)",
        "max(lane.free, message.t) + link",
    ),
    Defect(
        "a-copy-holds-what-order-steps-did-at-its-instant",
        "kernels/topics",
        "    settle(handle, s, t)",
        "    settle(handle, s, t - 1)",
    ),
    Defect("a-receipt-does-not-unblock", "kernels/topics", "set_blocked(handle, message.pair, 0, t - 1)", "pass"),
    Defect(
        "a-refresh-is-visible-at-once",
        "kernels/publication",
        "copy.live = value if last > due else copy.staged",
        "copy.live = value",
    ),
    Defect(
        "sales-during-an-extract-are-forgotten",
        "kernels/publication",
        "copy.staged_own = max(0, copy.staged_own + units)",
        "copy.staged_own = 0",
    ),
    Defect("a-hold-is-released-without-lag", "kernels/checkout", "now + c.ttl + c.expiry_lag", "now + c.ttl"),
    Defect("calls-do-not-queue", "kernels/calls", "max(now, servers(handle)[server])", "now"),
    Defect(
        "one-re-brokering-too-few",
        "kernels/sourcing",
        "short_picks > control(handle)[0].rebroker",
        "short_picks >= control(handle)[0].rebroker",
    ),
    Defect(
        "short-shipments-stay-on-order", "kernels/supply", "p, units, rows[i, 1], review", "p, units, units, review"
    ),
    Defect(
        "blame-forgets-the-record-error",
        "kernels/truth",
        "sourceable_units(pair.on_hand + pair.error",
        "sourceable_units(pair.on_hand",
    ),
    Defect(
        "calls-of-an-earlier-state-decide-about-the-probes",
        "model/breaker",
        "if permit != self._state or self.until is not None:",
        "if self.until is not None:",
    ),
    Defect(
        "a-token-of-the-bucket-is-not-taken",
        "model/limits",
        "self._filled(now) - CALL, now",
        "self._filled(now), now",
    ),
    Defect(
        "the-last-who-waits-passes-first",
        "model/limits",
        "self._waiting.popleft()",
        "self._waiting.pop()",
    ),
    Defect(
        "the-refused-come-back-when-they-like",
        "model/orders",
        "max(pause, gateway.retry_after(customer.channel, now))",
        "pause",
    ),
    Defect(
        "patience-begins-when-the-call-has-passed",
        "model/entry",
        "Admission(_NONE, now, turn.called_at)",
        "Admission(_NONE, turn.called_at, turn.called_at)",
    ),
    Defect(
        "a-token-lives-from-the-call-for-it",
        "model/tokens",
        "self.valid = self.fetch.end + lifetime",
        "self.valid = now + lifetime",
    ),
    Defect(
        "people-are-never-busy",
        "model/versions",
        "max(work.ready, free[0])",
        "work.ready",
    ),
    Defect(
        "what-a-snapshot-covers-is-missed-all-the-same",
        "kernels/applying",
        "if row.held == 0:  # else",
        "if row.held >= 0:  # else",
    ),
    Defect(
        "dead-letters-are-not-covered",
        "model/reloads",
        'dead["held"][mine[pairs[dead["pair"][mine]]]] = 1',
        "pass",
    ),
    Defect(
        "replay-begins-at-the-load",
        "model/reloads",
        'views + memory["drifts"]["since"][snapshot.pairs]',
        "views + 0",
    ),
    Defect(
        "the-view-goes-on-waiting-for-what-a-snapshot-holds",
        "kernels/reloads",
        "        let_go(handle, p)",
        "        pass",
    ),
    Defect(
        "the-last-of-equal-members-is-handed-the-message",
        "kernels/queues",
        "lane.out == 0 and lane.size < fewest",
        "lane.out == 0 and lane.size <= fewest",
    ),
    Defect(
        "one-delivery-too-many",
        "kernels/queues",
        "ticket.times >= consumer.delivery_limit",
        "ticket.times > consumer.delivery_limit",
    ),
    Defect(
        "what-is-taken-back-is-broken-off",
        "kernels/queues",
        "begun = lane.ghost == NIL and lane.start < t",
        "begun = lane.ghost == NIL and lane.start < 0",
    ),
    Defect(
        "a-late-acknowledgement-does-nothing-to-the-view",
        "kernels/queues",
        "            _conclude(handle, who, ghost, outcome, t)",
        "            pass",
    ),
    Defect(
        "every-pause-has-the-luck-of-the-first",
        "model/gateway",
        "attempt | retry << RETRY_SHIFT",
        "attempt",
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_planted_defect_makes_the_journals_differ(defect: Defect, tmp_path: Path) -> None:
    _copy_sources(tmp_path)
    _plant(defect, tmp_path / "twin" / f"{defect.file}.py")
    ended = _agree(tmp_path)
    assert ended.returncode == DIFFERS, f"not caught: {ended.stdout}{ended.stderr}"


def _copy_sources(folder: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "twin", folder / "twin", ignore=ignored)
    shutil.copytree(ROOT / "tests" / "reference", folder / "tests" / "reference", ignore=ignored)


def _plant(defect: Defect, file: Path) -> None:
    source = file.read_text()
    assert source.count(defect.right) == 1, f"{defect.name}: the text to replace is not there once: {defect.right}"
    file.write_text(source.replace(defect.right, defect.wrong))


def _agree(folder: Path) -> subprocess.CompletedProcess[str]:
    """Compare twin and reference with the sources in ``folder``; kernels are compiled into it too."""
    surroundings = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    surroundings |= {"PYTHONPATH": str(folder), "TWIN_CACHE_DIR": str(folder / "cache")}
    command = [sys.executable, "-m", "tests.reference.agree"]
    return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
