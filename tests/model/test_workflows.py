"""The table of workflows: it names what there is, leaves nothing out, and its stories fit one screen."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from twin.contracts.registry import CONTRACTS
from twin.measure import kpis
from twin.model.workflows import ASIDE, UNMEASURED, UNTOLD, WORKFLOWS, Workflow
from twin.model.workflows.page import workflow_page
from twin.model.workflows.workflow import ONLINE, Outlet, place_of
from twin.scenario.base import Model
from twin.scenario.demand import Channel
from twin.scenario.faults import MESSAGES, Fault, FaultKind
from twin.scenario.fields import objects, parameter_at, parameters
from twin.scenario.loader import load
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.tables import SYSTEMS

ROOT = Path(__file__).resolve().parents[2]
MODEL = sorted((ROOT / "twin" / "model").rglob("*.py"))
QUICKSTART = load(ROOT / "scenarios" / "quickstart.yaml").scenario
SCREEN = 45
"""Lines of a story that can be read at one look."""

FAULTS: dict[FaultKind, dict[str, object]] = {
    "outage": {},
    "errors": {"share": 0.5},
    "slow": {"factor": 2},
    "failover": {},
}
"""Faults of systems, and what each has to say besides which system, when and how long."""

FEED_PARAMETERS = {"systems.movements", "systems.orders", "systems.posting"}

each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=[workflow.title for workflow in WORKFLOWS])


def source_of(story: Callable[..., Any]) -> str:
    return textwrap.dedent(inspect.getsource(getattr(story, "py_func", story)))


def is_story(node: ast.AST) -> bool:
    """Whether a function is a process, or a part of one: it yields."""
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node)
    )


def begun(tree: ast.AST) -> Iterator[str]:
    """Names of what code puts on the clock as a process: ``env.process(STORY)``, ``LightProcess(env, STORY, key)``."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        how = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if how in {"process", "LightProcess", "PatientProcess"}:
            story = node.args[min(1, len(node.args) - 1)]
            for made in (story.body, story.orelse) if isinstance(story, ast.IfExp) else (story,):
                assert isinstance(made, ast.Call), ast.unparse(node)
                yield made.func.attr if isinstance(made.func, ast.Attribute) else ast.unparse(made.func)


def parameter_of(path: str) -> Any:
    """The parameter at a path of a scenario file, those of an arm under ``systems``."""
    first, *rest = path.split(".")
    found = parameter_at(Systems, tuple(rest)) if first == "systems" else parameter_at(Scenario, (first, *rest))
    return found if found is not None and found.name == path.split(".")[-1] else None


def can_befall(kind: FaultKind, system: str) -> bool:
    """Whether the scenario lets such a fault befall a system."""
    try:
        Fault.model_validate({"kind": kind, "system": system, "at": "1h", "duration": "1h", **FAULTS[kind]})
    except ValidationError:
        return False
    return True


@each_workflow
def test_its_stories_fit_one_screen_and_the_process_says_what_it_is(workflow: Workflow) -> None:
    for story in workflow.stories:
        assert len(source_of(story).splitlines()) <= SCREEN, place_of(story)
    assert inspect.getdoc(getattr(workflow.stories[0], "py_func", workflow.stories[0]))
    assert len(set(workflow.stories)) == len(workflow.stories)


@pytest.mark.parametrize("path", MODEL, ids=lambda path: path.stem)
def test_every_story_of_the_model_fits_one_screen(path: Path) -> None:
    stories = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if is_story(node)]
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in stories}  # type: ignore[attr-defined]
    assert {name: length for name, length in lengths.items() if length > SCREEN} == {}


def test_every_process_of_the_model_is_named_by_a_workflow_or_stands_aside() -> None:
    named = {place_of(story)[1].split(".")[-1] for workflow in WORKFLOWS for story in workflow.stories}
    aside = {place_of(story)[1].split(".")[-1] for story in ASIDE}
    processes = {name for path in MODEL for name in begun(ast.parse(path.read_text(encoding="utf-8")))}
    assert len(processes) > 25
    assert processes - named - aside == set()
    assert aside <= processes


@pytest.mark.parametrize(
    "source",
    ["env.process(told(1))", "LightProcess(env, self._told(1), tie_key(2))", "env.process(a() if b else told())"],
)
def test_the_search_for_processes_finds_them(source: str) -> None:
    assert list(begun(ast.parse(source)))[-1].endswith("told")


@each_workflow
def test_everything_that_it_names_exists(workflow: Workflow) -> None:
    assert set(workflow.systems) <= set(SYSTEMS)
    assert set(workflow.messages) <= {kind for kinds in MESSAGES.values() for kind in kinds}
    assert set(workflow.hit_by) <= set(get_args(FaultKind))
    assert set(workflow.outlets) <= set(get_args(Outlet))
    assert set(workflow.events) <= set(CONTRACTS)
    assert set(workflow.kpis) <= {*kpis.KPIS, *kpis.CHANNEL_KPIS}
    assert [path for path in workflow.settings if parameter_of(path) is None] == []
    for names in (workflow.systems, workflow.messages, workflow.hit_by, workflow.events, workflow.kpis):
        assert len(set(names)) == len(names)
    assert workflow.settings
    assert workflow.kpis


@pytest.mark.parametrize("path", ["systems.nothing", "systems.payment.mean.x", "estate.nothing", "nothing"])
def test_a_parameter_that_is_not_there_is_not_found(path: str) -> None:
    assert parameter_of(path) is None


@each_workflow
def test_systems_that_its_code_names_are_its_systems(workflow: Workflow) -> None:
    for story in workflow.stories:
        constants = [node.value for node in ast.walk(ast.parse(source_of(story))) if isinstance(node, ast.Constant)]
        assert {value for value in constants if value in SYSTEMS} <= set(workflow.systems), place_of(story)


def carriers(chosen: object) -> set[str]:
    """Systems that a part of an arm names."""
    inner = [model for _, model in objects(chosen)] if isinstance(chosen, Model) else []
    return {getattr(model, key) for model in inner for key in ("system", "broker") if hasattr(model, key)}


@each_workflow
@pytest.mark.parametrize("arm", QUICKSTART.arms)
def test_systems_that_presets_choose_for_it_are_its_systems(workflow: Workflow, arm: str) -> None:
    for path in workflow.settings:
        first, *rest = path.split(".")
        if first == "systems":
            chosen = reduce(getattr, rest, QUICKSTART.arms[arm])
            assert carriers(chosen) <= set(workflow.systems), path


def test_presets_name_all_carriers() -> None:
    assert set.union(*map(carriers, QUICKSTART.arms.values())) >= {"files", "hub", "broker", "service", "payment"}


@each_workflow
def test_faults_that_it_names_can_befall_its_systems(workflow: Workflow) -> None:
    for kind in set(workflow.faults) & set(FAULTS):
        assert any(can_befall(kind, system) for system in workflow.systems), kind
    if {"crash", "stuck"} & set(workflow.faults):
        assert any(path.startswith(tuple(FEED_PARAMETERS)) for path in workflow.settings)
    if workflow.messages:
        assert "outage" in workflow.faults


def test_not_every_fault_can_befall_every_system() -> None:
    assert can_befall("errors", "payment")
    assert not can_befall("errors", "wms")
    assert not can_befall("failover", "erp")


def test_every_system_message_fault_and_outlet_is_named() -> None:
    assert {name for workflow in WORKFLOWS for name in workflow.systems} == set(SYSTEMS)
    assert {kind for workflow in WORKFLOWS for kind in workflow.messages} == {
        *MESSAGES["movements"],
        *MESSAGES["orders"],
    }
    assert {kind for workflow in WORKFLOWS for kind in workflow.hit_by} == set(get_args(FaultKind))
    assert {outlet for workflow in WORKFLOWS for outlet in workflow.outlets} == set(get_args(Outlet))
    assert set(ONLINE) == set(get_args(Channel.model_fields["kind"].annotation))


def test_every_event_is_told_by_a_workflow_or_there_is_a_reason() -> None:
    told = {name for workflow in WORKFLOWS for name in workflow.events}
    assert told.isdisjoint(UNTOLD)
    assert told | set(UNTOLD) == set(CONTRACTS)


def test_every_section_of_the_kpis_measures_a_workflow_or_there_is_a_reason() -> None:
    named = {name for workflow in WORKFLOWS for name in workflow.kpis}
    sections = {title: {kpi.name for kpi in section} for title, section in kpis.SECTIONS.items()}
    sections |= {"By channel": set(kpis.CHANNEL_KPIS), "Compared with the baseline": set(kpis.DERIVED)}
    assert {title for title, names in sections.items() if names.isdisjoint(named)} == set(UNMEASURED)


def test_whatever_an_arm_may_choose_governs_a_workflow() -> None:
    named = {path.split(".")[1] for workflow in WORKFLOWS for path in workflow.settings if path.startswith("systems.")}
    assert set(parameters(Systems)) - named == {"preset"}


def test_no_title_is_given_twice() -> None:
    assert len({workflow.title for workflow in WORKFLOWS}) == len(WORKFLOWS)


def test_the_page_is_what_the_table_says() -> None:
    page = ROOT / "docs" / "workflows.md"
    expected = workflow_page()
    assert page.read_text(encoding="utf-8") == expected, (
        "write twin.model.workflows.page.workflow_page() to docs/workflows.md"
    )


def test_links_within_the_page_lead_to_a_heading() -> None:
    page = workflow_page()
    headings = {line.removeprefix("### ") for line in page.splitlines() if line.startswith("### ")}
    assert headings == {workflow.title for workflow in WORKFLOWS}
    anchors = {"".join(c for c in title.lower() if c.isalnum() or c in " -").replace(" ", "-") for title in headings}
    linked = {part.split(")")[0] for part in page.split("](#")[1:]}
    assert linked == anchors
