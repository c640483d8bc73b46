"""What products ship: each preset has its file, sources and place, and wins over a style but over nothing written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from twin.cli.presets import show_presets
from twin.core.clock import DAY, HOUR, MINUTE, SECOND
from twin.core.errors import UsageError
from twin.scenario.arms import FOLDERS, PRESETS, preset, products, takers
from twin.scenario.catalogue import Preset, families, named, presets_page
from twin.scenario.fitted import FOLDER as FITTED
from twin.scenario.fitted import Fitted
from twin.scenario.loader import load
from twin.scenario.merge import merge
from twin.scenario.nodes import built_in
from twin.scenario.systems import PresetName, Systems

ROOT = Path(__file__).parents[2]
FILES = ROOT / "twin" / "scenario" / "presets"
ALL = [(family, each) for family in families() for each in family.presets]
OF_PRODUCTS = [(family.folder, each) for family, each in ALL if family.folder]
CHOICES = [
    (path, name)
    for path, model in takers()
    for name in products(model)
    if (path[-1], name) != ("marketplace", "d365_channel_cache")  # a marketplace sells from listings
]
ACCOUNTED = ("assumption", "[C]", "[D]", "[F]", "shortest")


def systems(path: Path, *sets: str, arm: str = "hub") -> Systems:
    return load(path, sets=sets).scenario.arms[arm]


def at(arm: Systems, path: tuple[Any, ...]) -> Any:
    thing: Any = arm
    for part in path:
        thing = getattr(thing, part)
    return thing


def test_every_preset_has_its_file_and_every_file_its_preset() -> None:
    assert {path.stem for path in FILES.glob("*.yaml")} == set(PRESETS) == set(get_args(PresetName))
    for model, folder in FOLDERS.items():
        assert {path.stem for path in (FILES / folder).glob("*.yaml")} == set(products(model))
    assert {path.name for path in FILES.iterdir() if path.is_dir()} == {*FOLDERS.values(), FITTED}
    assert {path.stem for path in (FILES / FITTED).glob("*.yaml")} == set(products(Fitted))


@pytest.mark.parametrize(("family", "shown"), ALL, ids=lambda each: each.name if isinstance(each, Preset) else "")
def test_every_value_of_a_preset_has_a_source_a_unit_and_a_meaning(family: Any, shown: Preset) -> None:
    assert shown.about
    assert shown.values
    assert all(value.source and value.unit and value.meaning and value.text for value in shown.values)
    written = preset(f"{family.folder}/{shown.name}".lstrip("/")).plain()
    assert written.pop("preset") == shown.name
    assert len(shown.values) >= len(written)


@pytest.mark.parametrize(("folder", "shown"), OF_PRODUCTS, ids=lambda each: getattr(each, "name", each))
def test_every_value_of_a_product_has_a_mark_and_what_is_weak_is_called_an_assumption(
    folder: str, shown: Preset
) -> None:
    sources = [value.source for value in shown.values]
    assert [source for source in sources if not any(word in source for word in ACCOUNTED)] == []
    assert [source for source in sources if ("[S]" in source or "[M]" in source) and "assumption" not in source] == []


@pytest.mark.parametrize(("path", "name"), CHOICES, ids=lambda each: each if isinstance(each, str) else each[0])
def test_every_product_is_taken_where_it_is_offered_and_changes_nothing_else(
    minimal: Path, path: tuple[Any, ...], name: str
) -> None:
    place = ".".join(path)
    plain = systems(minimal)
    taken = systems(minimal, f"arms.hub.{place}.preset={name}")
    assert at(taken, (*path, "preset")) == name
    before = at(plain, path)
    shipped = merge(built_in(before.model_dump(mode="json")), preset(f"{FOLDERS[type(before)]}/{name}"))
    assert at(taken, path) == type(before).model_validate(shipped.plain())
    others = [other for other, _ in takers() if other != path]
    assert all(at(taken, other) == at(plain, other) for other in others)


def test_a_product_wins_over_the_style_and_what_is_written_wins_over_it(write: Callable[..., Path]) -> None:
    path = write(
        "systems: {movements: {preset: celigo_30m, job: 1m}}\narms:\n  hybrid: {movements: {preset: kafka_4}}\n"
    )
    hub, hybrid = (systems(path, arm=arm).movements for arm in ("hub", "hybrid"))
    assert (hub.mode, hub.interval, hub.job.mean) == ("batch", 30 * MINUTE, MINUTE)
    assert (hybrid.mode, hybrid.dc_link, hybrid.partitions) == ("stream", 45_000, 12)
    faster = systems(path, "arms.hub.movements.interval=2m", "systems.movements.preset=celigo_60m").movements
    assert (faster.preset, faster.interval) == ("celigo_60m", 2 * MINUTE)
    none = systems(path, "arms.hybrid.movements.preset=none", arm="hybrid").movements
    assert none.dc_link == systems(write(""), arm="hybrid").movements.dc_link


def test_a_library_fills_what_the_arm_does_not_set(minimal: Path) -> None:
    resilience = systems(
        minimal, "systems.resilience.preset=resilience4j", "arms.hub.resilience.preset=polly",
        "arms.hub.resilience.breaker.open=9s",
    ).resilience  # fmt: skip
    assert (resilience.retry.attempts, resilience.retry.wait, resilience.retry.jitter) == (4, 2 * SECOND, "none")
    assert (resilience.breaker.window, resilience.breaker.threshold) == ("time", 0.1)
    assert (resilience.breaker.span, resilience.breaker.open) == (30 * SECOND, 9 * SECOND)
    plain = systems(minimal).resilience
    assert (plain.retry.attempts, plain.breaker.window) == (1, "off")


def test_limits_are_those_of_their_vendors(minimal: Path) -> None:
    netsuite = systems(minimal, "systems.erp.limits.preset=netsuite_premium").erp.limits
    assert (netsuite.concurrency, netsuite.queue, netsuite.rate, netsuite.calls) == (15, 0, 0, 0)
    dataverse = systems(minimal, "systems.erp.limits.preset=dataverse").erp.limits
    assert (dataverse.calls, dataverse.window, dataverse.concurrency) == (6000, 300 * SECOND, 52)
    shopify = systems(minimal, "systems.service.limits.preset=shopify_standard").service.limits
    assert (shopify.rate, shopify.burst) == (2, 40)
    bulkhead = systems(minimal, "systems.service.limits.preset=resilience4j_bulkhead").service.limits
    assert (bulkhead.concurrency, bulkhead.queue) == (25, 0)


def test_feeds_are_those_of_their_vendors(minimal: Path) -> None:
    kafka = systems(minimal, "systems.posting.preset=kafka_3", "systems.outbox.preset=kafka")
    consumers = kafka.posting.consumers
    assert (consumers.session_timeout, consumers.max_poll_interval) == (45 * SECOND, 300 * SECOND)
    assert (consumers.poll, consumers.commit_interval, consumers.protocol) == (500, 5 * SECOND, "eager")
    assert (kafka.posting.dc_link, kafka.posting.topic.retention) == (40_000, 7 * DAY)
    assert (kafka.outbox.confirmed, kafka.outbox.resend) == (True, 30 * SECOND)
    assert systems(minimal, "systems.posting.preset=kafka_4_consumer").posting.consumers.protocol == "cooperative"
    assert not systems(minimal, "systems.outbox.preset=rabbitmq").outbox.confirmed
    assert systems(minimal, "systems.movements.preset=d365_hourly").movements.interval == HOUR
    daily = systems(minimal, "systems.movements.preset=hotwax_daily").movements
    assert (daily.interval, daily.content) == (DAY, "level")


def test_queues_are_those_of_their_vendors(minimal: Path) -> None:
    shipped = {
        name: systems(minimal, f"systems.movements.preset={name}").movements
        for name in ("rabbitmq_4", "sqs", "azure_service_bus")
    }
    assert {feed.mode for feed in shipped.values()} == {"queue"}
    limits = {name: feed.consumers.delivery_limit for name, feed in shipped.items() if name != "sqs"}
    assert limits == {"rabbitmq_4": 20, "azure_service_bus": 10}
    held = {name: feed.consumers.visibility for name, feed in shipped.items()}
    assert held == {"rabbitmq_4": 30 * MINUTE, "sqs": 30 * SECOND, "azure_service_bus": MINUTE}
    assert shipped["sqs"].topic.retention == 4 * DAY


def test_marketplaces_are_those_that_are_published(minimal: Path) -> None:
    place = "systems.publications.marketplace.preset"
    amazon, before = (
        systems(minimal, f"{place}={name}").publications.marketplace for name in ("amazon_sp_api", "amazon_sp_api_2024")
    )
    assert (amazon.items, amazon.feeds, amazon.window, amazon.interval) == (25_000, 5, 5 * MINUTE, 20 * MINUTE)
    assert (before.items, before.feeds, before.window) == (10_000, 1, 5 * MINUTE)


def test_reservations_are_those_of_their_vendors(minimal: Path) -> None:
    named_ttl = {"spree": 10, "b2c_commerce": 15, "ibm_sterling": 120, "shopify_checkout": 5}
    for name, minutes in named_ttl.items():
        assert systems(minimal, f"systems.reserving.preset={name}").reserving.ttl == minutes * MINUTE
    points = {
        "spree": "checkout",
        "vendure": "order",
        "medusa": "order",
        "shopify": "order",
        "salesforce_oci": "payment",
    }
    for name, point in points.items():
        assert systems(minimal, f"systems.reserving.preset={name}").reserving.point == point
    assert systems(minimal, "systems.reserving.preset=medusa").reserving.level == "node"


def test_an_unknown_preset_is_refused_where_it_was_written(
    write: Callable[..., Path], problems: Callable[..., list[str]]
) -> None:
    (told,) = problems(write("systems:\n  movements: {preset: kafka_5}\n"))
    assert told.startswith("scenario.yaml:3:23: systems.movements.preset: ")
    assert "kafka_4" in told
    assert "did you mean" in told


def test_the_page_is_what_the_files_say() -> None:
    page = (ROOT / "docs" / "presets.md").read_text(encoding="utf-8")
    assert page == presets_page(), "write twin.scenario.catalogue.presets_page() to docs/presets.md"
    assert all(f"### {each.name}\n" in page for _, each in ALL)


def test_the_command_lists_all_presets_and_shows_each(capsys: pytest.CaptureFixture[str]) -> None:
    show_presets(None)
    listed = capsys.readouterr().out
    assert all(each.name in listed for _, each in ALL)
    show_presets("kafka_4")
    shown = " ".join(capsys.readouterr().out.split())
    ((_, kafka),) = named("kafka_4")
    assert all(f"{v.parameter}: {v.text} [{v.unit}] {v.meaning} {v.source}" in shown for v in kafka.values)
    show_presets("amazon_sp_api")
    assert capsys.readouterr().out.count("amazon_sp_api:") == 2
    show_presets("limits/amazon_sp_api")
    assert capsys.readouterr().out.count("amazon_sp_api:") == 1
    with pytest.raises(UsageError, match="did you mean 'kafka_"):
        show_presets("kafka_5")
