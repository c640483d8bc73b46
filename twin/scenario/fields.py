"""The shape of the scenario models: which field is an object, a list, a mapping by name, or a plain value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import create_model
from pydantic.fields import FieldInfo

from twin.scenario.base import Model
from twin.scenario.nodes import Location


@dataclass(frozen=True)
class Shape:
    """What a value looks like; ``item`` is that of the values of a list or mapping."""

    kind: Literal["value", "object", "list", "map"]
    model: type[Model] | None = None
    item: Shape | None = None


@dataclass(frozen=True)
class Parameter:
    """One field of a model: its shape and what was declared with it."""

    name: str
    shape: Shape
    info: FieldInfo

    @property
    def unit(self) -> str:
        return str(self._extra["unit"])

    @property
    def source(self) -> str:
        return str(self._extra["source"])

    @property
    def meaning(self) -> str:
        return self.info.description or ""

    @property
    def default(self) -> Any:
        """The default as declared; ``PydanticUndefined`` if the parameter must be given."""
        return self.info.get_default(call_default_factory=True, validated_data={})

    @property
    def _extra(self) -> dict[str, Any]:
        extra = self.info.json_schema_extra
        return extra if isinstance(extra, dict) else {"unit": "", "source": ""}


@cache
def parameters(model: type[Model]) -> dict[str, Parameter]:
    """The fields of a model by name."""
    return {name: Parameter(name, shape_of(info.annotation), info) for name, info in model.model_fields.items()}


@cache
def model_of_one(model: type[Model], name: str) -> type[Model]:
    """A model that has nothing but one field of another."""
    field = model.model_fields[name]
    made: type[Model] = create_model(f"_{model.__name__}_{name}", __base__=Model, **{name: (field.annotation, field)})  # type: ignore[call-overload]  # the field's name is known at run time only
    return made


def is_default(thing: Model, name: str) -> bool:
    """Whether a parameter has its default, however that came about."""
    return bool(getattr(thing, name) == getattr(model_of_one(type(thing), name)(), name))


def shape_of(annotation: Any) -> Shape:
    """Shape of a type as fields declare it."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape_of(inner[0])
    if origin in (Union, UnionType):
        return shape_of(next(part for part in inner if part is not type(None)))
    if origin is tuple:
        return Shape("list", item=shape_of(inner[0]))
    if origin is dict:
        return Shape("map", item=shape_of(inner[1]))
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return Shape("object", model=annotation)
    return Shape("value")


def parameter_at(model: type[Model], path: Location) -> Parameter | None:
    """The parameter that a path leads to or into; ``None`` if there is none."""
    found, shape = None, Shape("object", model=model)
    for part in path:
        if shape.model is not None:
            found = parameters(shape.model).get(str(part))
            if found is None:
                return None
            shape = found.shape
        elif shape.item is not None:
            shape = shape.item
    return found


def objects(model: Model, path: Location = ()) -> Iterator[tuple[Location, Model]]:
    """A model and all models inside it, each with its path."""
    yield path, model
    for name in type(model).model_fields:
        yield from _inside(getattr(model, name, None), (*path, name))


def _inside(value: object, path: Location) -> Iterator[tuple[Location, Model]]:
    if isinstance(value, Model):
        yield from objects(value, path)
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from _inside(item, (*path, place))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _inside(item, (*path, name))
