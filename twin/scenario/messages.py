"""What pydantic found wrong, said plainly: the rule, the value, the nearest valid one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, get_args

from pydantic import ValidationError

from twin.scenario.base import DATE, DURATION_RULE, NAME, Broken, Model, RuleError
from twin.scenario.fields import Parameter, parameter_at, parameters
from twin.scenario.laws import Law
from twin.scenario.nodes import PROBLEMS_MAX, Location
from twin.scenario.scenario import SCENARIO_NAME, Scenario
from twin.scenario.suggest import did_you_mean, listed, shown

_PATTERNS: Final = {
    DATE: "must be a date written YYYY-MM-DD",
    NAME: "a name must be letters, digits, _ and -, and begin with a letter or digit",
    SCENARIO_NAME: "must be lower-case letters, digits, _ and -, and begin with a letter or digit",
}
_BOUNDS: Final = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("above", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("below", "lt"),
}
_NO_UNIT: Final = ("object", "list", "text", "name", "names", "flag", "law", "duration law", "integer", "version", "")


def broken_rules(error: ValidationError) -> Iterator[Broken]:
    """What is wrong with single values; rules between values are found by asking the objects themselves."""
    details = error.errors(include_url=False)
    if len(details) > PROBLEMS_MAX:
        yield Broken((), f"has {len(details)} problems, of which {PROBLEMS_MAX} are shown")
    for detail in details[:PROBLEMS_MAX]:
        if isinstance(detail.get("ctx", {}).get("error"), RuleError) or _follows_from_items(dict(detail)):
            continue
        path = tuple(part for part in detail["loc"] if part != "[key]")
        yield Broken(
            path, _message(dict(detail), path), key="[key]" in detail["loc"] or detail["type"] == "extra_forbidden"
        )


def _follows_from_items(detail: dict[str, Any]) -> bool:
    """pydantic counts valid items only: a list whose items are all wrong is not too short."""
    return detail["type"] == "too_short" and bool(len(detail["input"]) >= detail["ctx"]["min_length"])


def _message(detail: dict[str, Any], path: Location) -> str:
    say = _SAY.get(detail["type"])
    if say is not None:
        return say(detail, path)
    if detail["type"] in _BOUNDS:
        words, name = _BOUNDS[detail["type"]]
        return f"must be {words} {detail['ctx'][name]:g}{_unit(path)}, it is {shown(detail['input'])}"
    text = str(detail.get("ctx", {}).get("error") or detail["msg"]).removeprefix("Input should be ")
    return f"{text}, it is {shown(detail['input'])}"


def _must_be(what: str) -> Callable[[dict[str, Any], Location], str]:
    return lambda detail, path: f"must be {what}{_unit(path)}, it is {shown(detail['input'])}"


def _unit(path: Location) -> str:
    parameter = parameter_at(Scenario, path)
    if parameter is None or parameter.unit in _NO_UNIT:
        return ""
    return f" ({parameter.unit})"


def _missing(detail: dict[str, Any], path: Location) -> str:
    parameter = parameter_at(Scenario, path)
    return "is missing" + (f": {_explained(parameter)}" if parameter else "")


def _explained(parameter: Parameter) -> str:
    return f"{parameter.meaning} ({parameter.unit})"


def _unknown(detail: dict[str, Any], path: Location) -> str:
    name = str(path[-1])
    if path[0] == "arms" and len(path) == 3:
        if name == "systems":
            return "is not written in an arm: an arm's keys are those of systems already"
        if name in Scenario.model_fields:
            return (
                "may not differ between arms, they meet the same world; an arm may change only what belongs to systems"
            )
    known = _known(path)
    return f"unknown key{did_you_mean(name, known) or listed(known, name)}"


def _known(path: Location) -> list[str]:
    """Keys that are known where an unknown one was found."""
    if len(path) == 1:
        return ["extends", "systems", *Scenario.model_fields]
    around = parameter_at(Scenario, path[:-1])
    shape = around.shape if around else None
    while shape is not None and shape.model is None:
        shape = shape.item
    return list(parameters(shape.model)) if shape is not None and shape.model is not None else []


def _one_of(detail: dict[str, Any], path: Location) -> str:
    parameter = parameter_at(Scenario, path)
    known = [] if parameter is None else _literals(parameter.info.annotation)
    names = ", ".join(str(value) for value in known) if known else str(detail["ctx"]["expected"])
    one = "one of " if len(known) > 1 else ""
    return f"must be {one}{names}, it is {shown(detail['input'])}{did_you_mean(detail['input'], map(str, known))}"


def _literals(annotation: Any) -> list[object]:
    """Values of a ``Literal``, through ``| None`` and tuples."""
    values: list[object] = []
    for part in get_args(annotation):
        values.extend(_literals(part) if get_args(part) else [part] if not isinstance(part, type) else [])
    return values


def _mapping(detail: dict[str, Any], path: Location) -> str:
    parameter = parameter_at(Scenario, path)
    is_law = parameter is not None and issubclass(parameter.shape.model or Model, Law)
    what = f"{DURATION_RULE}, or a law with mean and cv" if is_law else "a mapping"
    return f"must be {what}, it is {shown(detail['input'])}"


def _too_short(detail: dict[str, Any], path: Location) -> str:
    return f"must have at least {detail['ctx']['min_length']} item, it has {detail['ctx']['actual_length']}"


def _pattern(detail: dict[str, Any], path: Location) -> str:
    return f"{_PATTERNS[detail['ctx']['pattern']]}, it is {shown(detail['input'])}"


def _text(detail: dict[str, Any], path: Location) -> str:
    quotes = "; write it in quotes" if isinstance(detail["input"], int | float) else ""
    return f"must be text, it is {shown(detail['input'])}{quotes}"


_SAY: Final[dict[str, Callable[[dict[str, Any], Location], str]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "int_type": _must_be("a whole number"),
    "float_type": _must_be("a number"),
    "bool_type": _must_be("true or false"),
    "tuple_type": _must_be("a list"),
    "string_type": _text,
    "string_too_short": lambda detail, path: "must not be empty",
    "string_pattern_mismatch": _pattern,
    "literal_error": _one_of,
    "too_short": _too_short,
    "dict_type": _mapping,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
}
