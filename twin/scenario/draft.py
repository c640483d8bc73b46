"""The best reading of a scenario that is not valid, so that its valid parts can be checked against each other too.

What cannot be read becomes a :class:`Hole`. Whoever looks into a hole cannot conclude anything: :class:`Unreadable` ends that
one check, and all other checks go on. So a mistyped number and an unknown region are reported together.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

from pydantic import ValidationError

from twin.scenario.base import Model
from twin.scenario.fields import Shape, model_of_one, parameters


class Unreadable(Exception):
    """A check looked at something that is not valid itself."""


class Hole:
    """Stands for a value that could not be read; every use of it raises :class:`Unreadable`."""

    def _unreadable(self, *_: object) -> NoReturn:
        raise Unreadable

    __getattr__ = __getitem__ = __iter__ = __len__ = __bool__ = __contains__ = __hash__ = _unreadable
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _unreadable
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __abs__ = _unreadable
    __str__ = __format__ = _unreadable


HOLE: Final[Any] = Hole()


def draft(model: type[Model], data: dict[str, Any]) -> Any:
    """An object of the model with holes where ``data`` is not valid; its own rules are not asked."""
    try:
        return model.model_validate(data)
    except ValidationError:
        return model.model_construct(**{name: _field(model, name, data) for name in model.model_fields})


def _field(model: type[Model], name: str, data: dict[str, Any]) -> Any:
    if name not in data:
        return _alone(model, name, {})
    read = _read(parameters(model)[name].shape, data[name])
    return _alone(model, name, {name: data[name]}) if read is None else read


def _read(shape: Shape, value: Any) -> Any:
    """A draft of what contains objects; ``None`` for plain values."""
    if shape.model is not None and isinstance(value, dict):
        return draft(shape.model, value)
    inner = shape.item
    if inner is None or inner.model is None:
        return None
    if shape.kind == "list" and isinstance(value, list):
        return tuple(_or_hole(_read(inner, item)) for item in value)
    if shape.kind == "map" and isinstance(value, dict):
        return {name: _or_hole(_read(inner, item)) for name, item in value.items()}
    return None


def _or_hole(value: Any) -> Any:
    return HOLE if value is None else value


def _alone(model: type[Model], name: str, data: dict[str, Any]) -> Any:
    """One plain field, read without its neighbours."""
    try:
        return getattr(model_of_one(model, name).model_validate(data), name)
    except ValidationError:
        return HOLE
