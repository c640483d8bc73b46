"""``twin calibrate``: laws of demand from a real log, tested and held against the defaults."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from twin.calibration.declared import declaration_file, read_declaration
from twin.calibration.fit import calibrate
from twin.calibration.preset import preset_text
from twin.core.errors import ExitCode
from twin.report.calibration import calibration_parts
from twin.report.console import console_for


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    log: str  # a declaration that ships, or a file
    data_dir: Path | None
    write: Path | None
    figures: Path | None
    max_order_units: int | None


def print_declaration(name: str) -> ExitCode:
    """Print a declaration, to start one's own from."""
    print(declaration_file(name).read_text(encoding="utf-8"), end="")
    return ExitCode.OK


def fit_log(request: Request) -> ExitCode:
    """Fit a log, print what was found, and write what was asked for."""
    path = declaration_file(request.log)
    declared = read_declaration(path)
    if request.max_order_units is not None:
        declared = declared.model_copy(update={"max_order_units": request.max_order_units})
    done = calibrate(declared, path.parent, request.data_dir)
    console = console_for(sys.stdout)
    for part in calibration_parts(done):
        console.print(part)
    if request.figures is not None:
        from twin.report.fits import draw_fits

        for picture in draw_fits(done, request.figures):
            print(picture)
    if request.write is not None:
        request.write.write_text(preset_text(done), encoding="utf-8")
        print(request.write)
    return ExitCode.OK
