"""The table of KPIs: names, documentation, and what it may depend on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.measure.make import scenario
from twin.measure.kpi import Description
from twin.measure.kpis import CHANNEL_KPIS, DERIVED, KPIS, SECTIONS, describe, kpi_names
from twin.measure.page import kpi_page

ROOT = Path(__file__).parents[2]
CONTRACT = (
    "oversell_rate",
    "false_oos_rate",
    "sync_latency_p95_s",
    "staleness_p95_s",
    "stock_accuracy",
    "order_release_p95_s",
    "orders_accepted",
    "oversell_rate.record_error",
    "net_benefit_usd_per_year",
)


@pytest.mark.parametrize("name", CONTRACT)
def test_the_names_that_others_build_on_are_there(name: str) -> None:
    assert describe(name).name == name


def test_no_name_is_given_twice() -> None:
    assert len(KPIS) == sum(len(section) for section in SECTIONS.values())
    assert len(set(kpi_names(scenario()))) == len(kpi_names(scenario()))


def test_the_unit_is_last_in_the_name_of_what_has_one() -> None:
    suffixes = {"s": "_s", "USD": "_usd", "USD/year": "_usd_per_year", "messages": "_messages"}
    for kpi in (*KPIS.values(), *DERIVED.values()):
        assert re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)?", kpi.name)
        assert kpi.name.endswith(suffixes.get(kpi.unit, ""))


def test_every_kpi_says_what_it_is() -> None:
    everything: list[Description] = [*KPIS.values(), *CHANNEL_KPIS.values(), *DERIVED.values()]
    for kpi in everything:
        assert kpi.unit
        assert kpi.formula
        assert kpi.meaning
        assert kpi.direction in {"lower", "higher", "none"}


def test_a_kpi_of_one_channel_is_described_by_its_family() -> None:
    assert describe("oversell_rate.channel.web").name == "oversell_rate.channel.<channel>"
    with pytest.raises(KeyError):
        describe("oversell_rate.channels.web")


def test_the_page_is_what_the_table_says() -> None:
    page = ROOT / "docs" / "kpis.md"
    assert page.read_text(encoding="utf-8") == kpi_page(), "write twin.measure.page.kpi_page() to docs/kpis.md"


def test_the_page_names_every_kpi() -> None:
    assert all(f"| `{name}` |" in kpi_page() for name in (*KPIS, *CHANNEL_KPIS, *DERIVED))


def test_measuring_and_money_import_neither_model_nor_simpy() -> None:
    parts = "twin.measure.page, twin.measure.blame, twin.measure.counts, twin.economics.roi"
    code = f"import sys, {parts}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    unwanted = {"simpy", "twin.model", "twin.kernels", "pandas", "matplotlib"}
    assert not unwanted & set(loaded.split())


def test_the_table_is_read_without_numba_and_pyarrow() -> None:
    code = "import sys, twin.measure.kpis; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert not {"numba", "pyarrow"} & set(loaded.split())
