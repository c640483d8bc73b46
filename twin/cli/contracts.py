"""``twin contracts``: what systems say to one another, its versions and its documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

app = typer.Typer(no_args_is_help=True, help="Events and APIs of the retailer: their documents, schemas and versions.")

Out = Annotated[Path | None, typer.Option(metavar="FILE", help="File to write; default: print it.")]
Version = Annotated[str, typer.Argument(help="JSON Schema file, or the name of an event.", show_default=False)]


@app.command()
def check(
    old: Version,
    new: Version,
    *,
    mode: Annotated[
        Literal["none", "backward", "forward", "full"], typer.Option(help="Which consumers must not break.")
    ] = "backward",
    readers: Annotated[
        Literal["strict", "tolerant"], typer.Option(help="Whether consumers refuse or ignore undeclared fields.")
    ] = "strict",
) -> int:
    """Say what changed between two versions and whom it breaks; exits 0 if compatible, 99 if not."""
    from twin.contracts.changes import compare
    from twin.contracts.registry import broken
    from twin.core.errors import ExitCode

    changes = compare(_schema(old), _schema(new), readers)
    faults = broken(changes, mode)
    for change in changes:
        print(f"{'BREAKS' if change in faults else 'ok':6}  {change.sentence()}")
    count = f"{len(faults)} of {len(changes)} changes break it" if faults else f"{len(changes)} changes"
    print(f"{old} -> {new}: {'not ' if faults else ''}{mode} compatible for {readers} readers, {count}")
    return ExitCode.THRESHOLD if faults else ExitCode.OK


@app.command()
def schema(
    name: Annotated[str, typer.Argument(help="Name of an event.", show_default=False)], *, out: Out = None
) -> int:
    """The JSON Schema of an event's data."""
    return _write(_contract(name).schema(), out)


@app.command()
def asyncapi(*, out: Out = None) -> int:
    """The AsyncAPI 3.0 document of the events."""
    from twin.contracts.asyncapi import asyncapi as document

    return _write(document(), out)


@app.command()
def openapi(*, out: Out = None) -> int:
    """The OpenAPI 3.1 document of the availability, reservation and order APIs."""
    from twin.contracts.openapi import openapi as document

    return _write(document(), out)


def _write(document: dict[str, Any], out: Path | None) -> int:
    from twin.contracts.base import as_text

    if out is None:
        print(as_text(document), end="")
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(as_text(document), encoding="utf-8")
        print(f"{out} written")
    return 0


def _schema(name: str) -> dict[str, Any]:
    from twin.contracts.registry import CONTRACTS
    from twin.core.errors import UsageError

    if name in CONTRACTS:
        return CONTRACTS[name].schema()
    try:
        found = json.loads(Path(name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{name} is neither a file nor an event; events are {', '.join(CONTRACTS)}") from None
    except ValueError as error:
        raise UsageError(f"{name} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageError(f"{name} is not a JSON Schema: it must be an object")
    return found


def _contract(name: str) -> Any:
    from twin.contracts.registry import CONTRACTS
    from twin.core.errors import UsageError

    if name not in CONTRACTS:
        raise UsageError(f"{name} is not an event; events are {', '.join(CONTRACTS)}")
    return CONTRACTS[name]
