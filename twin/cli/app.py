"""The commands and their options; what they do is next door and imported when it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.contracts import app as contracts

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="A digital twin of an omnichannel retailer: what integration choices do to oversell, latency and money.",
    epilog="Exit codes: 0 ok, 1 bug, 2 usage, 3 scenario invalid, 4 invariant broken, 5 limit hit, "
    "6 results folder or I/O, 7 workers lost, 8 inconclusive, 99 threshold failed or incompatible, 130 interrupted.",
)
run_app = typer.Typer(add_completion=False)
app.add_typer(contracts, name="contracts")

ScenarioFile = Annotated[Path, typer.Argument(metavar="FILE", help="Scenario file (YAML).", show_default=False)]
RunFolder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished run.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change one value, such as estate.stores.count=50; repeatable."),
]
Seed = Annotated[int | None, typer.Option(min=0, metavar="N", help="Seed of all luck, instead of the scenario's.")]
DataDir = Annotated[
    Path | None, typer.Option(metavar="DIR", envvar="TWIN_DATA", help="Folder of logs of demand and of incidents.")
]
LATEST = Path("results/latest")


@app.command()
@run_app.command()
def run(  # noqa: PLR0913  the options of the command line are its parameters
    context: typer.Context,
    file: ScenarioFile,
    *,
    reps: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Replications, instead of the scenario's.")
    ] = None,
    arm: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Run this arm only; repeatable.")] = None,
    set_: Set = None,
    seed: Seed = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Local worker processes; default: all cores.")
    ] = None,
    scheduler: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler to use instead.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder; default: results/SCENARIO/TIME-HASH.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with --out, or with the latest run.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run in --out.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    data_dir: DataDir = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the results folder only.")] = False,
    strict_inconclusive: Annotated[
        bool, typer.Option("--strict-inconclusive", help="Exit 8 if a threshold stays open.")
    ] = False,
) -> int:
    """Simulate every arm of a scenario over the same worlds, compare them, and keep the results."""
    from twin.cli.run import Request, carry_out

    request = Request(
        file=file,
        reps=reps,
        arms=tuple(arm or ()),
        sets=tuple(set_ or ()),
        seed=seed,
        jobs=jobs,
        scheduler=scheduler,
        out=out,
        resume=resume,
        overwrite=overwrite,
        as_json=json_,
        data_dir=data_dir,
        quiet=quiet,
        strict_inconclusive=strict_inconclusive,
    )
    return carry_out(request, context.obj)


@app.command()
def validate(file: ScenarioFile, *, set_: Set = None, seed: Seed = None, data_dir: DataDir = None) -> int:
    """Check a scenario without running it; every problem is named with its line and column."""
    from twin.cli.scenarios import validate_scenario

    return validate_scenario(file, sets=tuple(set_ or ()), seed=seed, data_dir=data_dir)


@app.command()
def faults(file: ScenarioFile, *, set_: Set = None, data_dir: DataDir = None) -> int:
    """Show what fails in a scenario and how long it lasts: quantiles of laws and of logs of incidents."""
    from twin.cli.faults import list_faults

    return list_faults(file, sets=tuple(set_ or ()), data_dir=data_dir)


@app.command()
def schema() -> int:
    """Print the JSON Schema of scenarios, for editors."""
    from twin.cli.scenarios import print_schema

    return print_schema()


@app.command()
def init(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="File to write; default: print it.")] = None,
) -> int:
    """Write a commented scenario to start from."""
    from twin.cli.scenarios import write_starter

    return write_starter(file)


@app.command()
def presets(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Preset to show; default: list them.")] = None,
) -> int:
    """Show what products and marketplaces ship, each value with its unit and source."""
    from twin.cli.presets import show_presets

    return show_presets(name)


@app.command()
def calibrate(
    log: Annotated[
        str,
        typer.Argument(
            metavar="LOG",
            help="Declaration of a log: online_retail, completejourney, or a file of your own.",
            show_default=False,
        ),
    ],
    *,
    data_dir: DataDir = None,
    write: Annotated[Path | None, typer.Option(metavar="FILE", help="Write what was fitted as a preset.")] = None,
    figures: Annotated[Path | None, typer.Option(metavar="DIR", help="Draw every fit into this folder.")] = None,
    max_order_units: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Leave out orders of more units, instead of the declaration's."),
    ] = None,
    declaration: Annotated[
        bool, typer.Option("--declaration", help="Print the declaration, to start your own from.")
    ] = False,
) -> int:
    """Fit demand to a real log, test the fit on days kept apart, and hold the defaults against it."""
    from twin.cli.calibrate import Request, fit_log, print_declaration

    if declaration:
        return print_declaration(log)
    return fit_log(Request(log, data_dir, write, figures, max_order_units))


@app.command()
def selfcheck() -> int:
    """Measure known answers of queueing and probability through the twin's components; two minutes."""
    from twin.cli.selfcheck import print_checks

    return print_checks()


@app.command()
def kpis() -> int:
    """List every KPI with its unit, direction and formula."""
    from twin.cli.runs import list_kpis

    return list_kpis()


@app.command()
def report(directory: RunFolder = LATEST) -> int:
    """Show the tables of a finished run, and draw its figures again."""
    from twin.cli.runs import show_report

    return show_report(directory)


@app.command()
def verify(directory: RunFolder = LATEST) -> int:
    """Check that every file of a finished run is as it was written."""
    from twin.cli.runs import verify_run

    return verify_run(directory)
