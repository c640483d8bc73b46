"""The documentation page of the workflows, generated from their table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from twin.contracts.registry import CONTRACTS
from twin.model.workflows import ASIDE, SECTIONS, UNMEASURED, UNTOLD, WORKFLOWS, Workflow
from twin.model.workflows.workflow import place_of
from twin.world.tables import SYSTEMS

_HEAD: Final = """\
# Workflows

Generated from `twin/model/workflows`; do not edit (a test compares the two).

What the retailer does, end to end: for each workflow the code that carries it out, the systems that it needs (of those
that can fail, whichever an arm has), what it tells, what can go wrong and how it is measured. **Messages** are what the
simulated middleware carries to view and record; **events** are the [contracts](contracts.md) by which a real
estate tells the same. KPIs are defined in [kpis.md](kpis.md); what happens exactly in [model.md](model.md).
"""

_COLUMNS: Final = ("| workflow | process | systems | messages | events | KPIs |", "|---|---|---|---|---|---|")


def workflow_page() -> str:
    """The text of ``docs/workflows.md``."""
    table = ("## Workflow, system, event, KPI", "", *_COLUMNS, *map(_row, WORKFLOWS), "")
    parts = [_HEAD, *table, *_matrix(), *_leftovers()]
    for title, workflows in SECTIONS.items():
        parts += [f"## {title}", ""]
        for workflow in workflows:
            parts += _paragraph(workflow)
    return "\n".join(parts)


def _row(workflow: Workflow) -> str:
    cells = (
        _link(workflow),
        _story(workflow.stories[0]),
        ", ".join(workflow.systems),
        ", ".join(workflow.messages),
        _names(workflow.events),
        _names(workflow.kpis),
    )
    return f"| {' | '.join(cells)} |"


def _matrix() -> Iterator[str]:
    """Which workflow needs which system."""
    yield from ("## Who needs which system", "")
    yield from (f"| workflow | {' | '.join(SYSTEMS)} |", f"|---{'|:-:' * len(SYSTEMS)}|")
    for workflow in WORKFLOWS:
        marks = ("●" if system in workflow.systems else "" for system in SYSTEMS)
        yield f"| {_link(workflow)} | {' | '.join(marks)} |"
    yield ""


def _leftovers() -> Iterator[str]:
    """What no workflow names, with the reason."""
    yield from ("## What belongs to no workflow", "")
    aside = ((_story(story), reason) for story, reason in ASIDE.items())
    told = ((f"`{name}`", reason) for name, reason in UNTOLD.items())
    for what, reasons in (("Event", told), ("KPIs", UNMEASURED.items()), ("Process", aside)):
        yield from (f"- {what} {name}: {reason}." for name, reason in reasons)
    yield ""


def _paragraph(workflow: Workflow) -> Iterator[str]:
    told = (f"`{CONTRACTS[name].type}` on `{CONTRACTS[name].topic}`" for name in workflow.events)
    facts = (
        ("Code", ", ".join(map(_story, workflow.stories))),
        ("Sold through", ", ".join(workflow.outlets)),
        ("Systems", ", ".join(workflow.systems)),
        ("Messages", ", ".join(workflow.messages)),
        ("Events", ", ".join(told)),
        ("Faults", ", ".join(workflow.hit_by)),
        ("Parameters", _names(workflow.settings)),
        ("KPIs", _names(workflow.kpis)),
    )
    yield from (f"### {workflow.title}", "", workflow.paragraph, "")
    yield from (f"- {name}: {value}" for name, value in facts if value)
    yield ""


def _link(workflow: Workflow) -> str:
    return f"[{workflow.title}](#{_anchor(workflow.title)})"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _story(story: Callable[..., Any]) -> str:
    module, name = place_of(story)
    return f"`{module.removeprefix('twin.')}.{name}`"


def _anchor(title: str) -> str:
    """As web sites of repositories make them of a heading."""
    return title.lower().replace(",", "").replace(" ", "-")
