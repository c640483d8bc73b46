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
    """A small mistake in a kernel."""

    name: str
    kernel: str
    right: str
    wrong: str


DEFECTS = (
    Defect(
        "a-slow-link-does-not-hold-up-the-lane",
        "topics",
        "max(lane.free, message.t + link)",
        "max(lane.free, message.t) + link",
    ),
    Defect(
        "a-copy-holds-what-order-steps-did-at-its-instant",
        "topics",
        "    settle(handle, s, t)",
        "    settle(handle, s, t - 1)",
    ),
    Defect("a-receipt-does-not-unblock", "topics", "set_blocked(handle, message.pair, 0, t - 1)", "pass"),
    Defect(
        "a-refresh-is-visible-at-once",
        "publication",
        "copy.live = value if last > due else copy.staged",
        "copy.live = value",
    ),
    Defect(
        "sales-during-an-extract-are-forgotten",
        "publication",
        "copy.staged_own = max(0, copy.staged_own + units)",
        "copy.staged_own = 0",
    ),
    Defect("a-hold-is-released-without-lag", "checkout", "now + c.ttl + c.expiry_lag", "now + c.ttl"),
    Defect("calls-do-not-queue", "calls", "max(now, servers(handle)[server])", "now"),
    Defect(
        "one-re-brokering-too-few",
        "sourcing",
        "short_picks > control(handle)[0].rebroker",
        "short_picks >= control(handle)[0].rebroker",
    ),
    Defect("short-shipments-stay-on-order", "supply", "p, units, rows[i, 1], review", "p, units, units, review"),
    Defect(
        "blame-forgets-the-record-error",
        "truth",
        "sourceable_units(pair.on_hand + pair.error",
        "sourceable_units(pair.on_hand",
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_planted_defect_makes_the_journals_differ(defect: Defect, tmp_path: Path) -> None:
    _copy_sources(tmp_path)
    _plant(defect, tmp_path / "twin" / "kernels" / f"{defect.kernel}.py")
    ended = _agree(tmp_path)
    assert ended.returncode == DIFFERS, f"not caught: {ended.stdout}{ended.stderr}"


def _copy_sources(folder: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "twin", folder / "twin", ignore=ignored)
    shutil.copytree(ROOT / "tests" / "reference", folder / "tests" / "reference", ignore=ignored)


def _plant(defect: Defect, kernel: Path) -> None:
    source = kernel.read_text()
    assert source.count(defect.right) == 1, f"{defect.name}: the text to replace is not there once: {defect.right}"
    kernel.write_text(source.replace(defect.right, defect.wrong))


def _agree(folder: Path) -> subprocess.CompletedProcess[str]:
    """Compare twin and reference with the sources in ``folder``; kernels are compiled into it too."""
    surroundings = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    surroundings |= {"PYTHONPATH": str(folder), "TWIN_CACHE_DIR": str(folder / "cache")}
    command = [sys.executable, "-m", "tests.reference.agree"]
    return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
