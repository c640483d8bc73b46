"""What the language writes it also reads; and the schema describes every parameter."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.scenario.dump import dump_resolved, to_yaml
from twin.scenario.fields import objects, parameters
from twin.scenario.loader import load
from twin.scenario.nodes import compose
from twin.scenario.scenario import Scenario
from twin.scenario.schema import schema
from twin.scenario.starter import starter

SCENARIOS = Path(__file__).parents[2] / "scenarios"
MINIMAL = Path(__file__).parent / "good" / "minimal.yaml"
RUNNABLE = sorted(path for path in SCENARIOS.glob("*.yaml") if not path.stem.startswith("base_"))

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"))
NUMBERS = st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False)
KEYS = st.from_regex(r"[a-z_][a-z0-9_ ]{0,8}[a-z]", fullmatch=True)
PLAIN = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
WORDS = ["yes", "no", "on", "y", "null", "~", "017", "0o17", "0x1f", "1e5", "1_000", "12:30", ".5", ".inf"]
SIGNS = ["2026-11-02", "4h", "1d12h", "#x", "<<", "=", "-", "?", "[", "{", "- a", "a: b", ""]


@given(PLAIN)
@settings(max_examples=200)
def test_plain_data_survives_being_written(value: Any) -> None:
    root, problems = compose(to_yaml(value), "file")
    assert problems == []
    assert root.plain() == value


@pytest.mark.parametrize("text", [*WORDS, *SIGNS])
def test_text_that_looks_like_something_else_stays_text(text: str) -> None:
    assert compose(to_yaml({"x": text}), "file")[0].plain() == {"x": text}


@pytest.mark.parametrize("path", [MINIMAL, *RUNNABLE], ids=lambda path: path.stem)
def test_a_resolved_scenario_loads_back_to_an_equal_one(path: Path, tmp_path: Path) -> None:
    scenario = load(path, sets=["systems.buffers.pooled={web: 2}"] if path == MINIMAL else []).scenario
    resolved = tmp_path / "scenario.resolved.yaml"
    resolved.write_text(dump_resolved(scenario), encoding="utf-8")
    assert load(resolved).scenario == scenario


def test_the_starter_loads_and_is_what_its_models_say(tmp_path: Path) -> None:
    path = tmp_path / "starter.yaml"
    path.write_text(starter(), encoding="utf-8")
    scenario = load(path).scenario
    assert scenario.name == "starter"
    assert list(scenario.arms) == ["point_to_point", "hub", "event_driven", "hybrid"]
    assert scenario.estate.stock == type(scenario.estate.stock)()


def test_the_starter_explains_every_parameter_with_unit_and_source() -> None:
    words = " ".join(line.strip().lstrip("#-").strip() for line in starter().splitlines())
    everything = {type(thing) for _, thing in objects(load(MINIMAL).scenario)}
    for model in everything:
        for parameter in parameters(model).values():
            if model.__name__ in ("Law", "CountLaw", "Range"):
                continue  # written on one line, explained by the parameter that holds them
            text = " ".join(parameter.meaning.split())
            bare = words.replace("#", "").replace("  ", " ")
            assert text in bare, f"{model.__name__}.{parameter.name}"
            assert f"[{parameter.unit}" in words.replace("[ ", "["), f"{model.__name__}.{parameter.name}"


def test_what_the_starter_comments_out_loads_once_it_is_uncommented(tmp_path: Path) -> None:
    lines = starter().splitlines()
    begin = lines.index("# systems:")
    end = next(number for number in range(begin, len(lines)) if not lines[number].strip())
    for number in range(begin, end):
        indent, text = lines[number].split("#", 1)
        lines[number] = indent + text.removeprefix(" ") if not text.startswith("#") else ""
    path = tmp_path / "starter.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    arms = load(path, sets=["systems.publications.own.mode=file", "systems.reserving.mode=own_copy"]).scenario.arms
    assert {arm.release.mode for arm in arms.values()} == {"stream"}


def properties(made: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    named = {"Scenario": made} | made["$defs"]
    found = []
    for model, definition in named.items():
        for choice in definition.get("anyOf", [definition]) if model != "Scenario" else [definition]:
            found += [(model, name, value) for name, value in choice.get("properties", {}).items()]
    return found


def test_the_schema_gives_unit_meaning_and_source_of_every_parameter() -> None:
    made = schema()
    for model, name, value in properties(made):
        assert {"unit", "description", "source"} <= set(value), f"{model}.{name}"
    top = {name for model, name, _ in properties(made) if model == "Scenario"}
    assert top == {*Scenario.model_fields, "extends", "systems"}


def test_the_schema_knows_the_language_of_files() -> None:
    made = schema()
    assert made["additionalProperties"] is False
    assert {"required": ["extends"]} in made["anyOf"]
    assert "required" not in made["$defs"]["Systems"], "an arm says only what it changes"
    assert "required" not in made["$defs"]["Channel"], "a channel may be extended"
    assert made["$defs"]["Dc"]["required"] == ["name", "region"], "items of lists are complete"
    assert made["$defs"]["Law"]["anyOf"][0]["type"] == "string", "a bare duration is a law"
    assert made["$defs"]["Feed"]["properties"]["interval"]["default"] == "1h"
    payment = made["$defs"]["Systems"]["properties"]["payment"]
    assert payment["default"] == {"law": "lognormal", "mean": "1s200ms", "cv": 0.5}
