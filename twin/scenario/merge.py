"""Laying one tree of nodes over another: mappings merge key by key, everything else is replaced."""

from __future__ import annotations

from typing import Final

from twin.scenario.base import Model
from twin.scenario.fields import Shape, parameters
from twin.scenario.nodes import Node, built_in

_LAW: Final = {"law", "mean", "cv"}


def merge(base: Node, over: Node) -> Node:
    """``over`` laid over ``base``; the marks of ``over`` win."""
    if not isinstance(over.value, dict):
        return over
    if isinstance(base.value, str) and set(over.value) <= _LAW:  # a bare duration is shorthand for a constant law
        base = Node({"law": built_in("constant"), "mean": base}, base.mark, base.key, base.path)
    if not isinstance(base.value, dict):
        return over
    merged = dict(base.value)
    for name, child in over.value.items():
        merged[name] = merge(merged[name], child) if name in merged else child
    place = over if over.mark is not None else base
    return Node(merged, place.mark, place.key, place.path)


def complete(node: Node, model: type[Model]) -> Node:
    """Fill objects that are partly written with the rest of the model's defaults.

    pydantic takes a default only for an object that is left out as a whole: without this, ``{interval: 40m}`` for a listing
    feed would silently turn the feed into a query.
    """
    return _complete(node, Shape("object", model=model))


def _complete(node: Node, shape: Shape) -> Node:
    if isinstance(node.value, list) and shape.item is not None:
        return _with(node, [_complete(child, shape.item) for child in node.value])
    if not isinstance(node.value, dict):
        return node
    if shape.model is not None:
        return _with(node, _complete_fields(node.value, shape.model))
    if shape.item is not None:
        return _with(node, {name: _complete(child, shape.item) for name, child in node.value.items()})
    return node


def _complete_fields(children: dict[str, Node], model: type[Model]) -> dict[str, Node]:
    known = parameters(model)
    out = dict(children)
    for name, child in children.items():
        if name in known:
            default = known[name].default if isinstance(child.value, dict) else None
            if isinstance(default, Model):
                child = merge(built_in(default.model_dump(mode="json")), child)
            out[name] = _complete(child, known[name].shape)
    return out


def _with(node: Node, value: list[Node] | dict[str, Node]) -> Node:
    return Node(value, node.mark, node.key, node.path)
