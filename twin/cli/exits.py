"""How a command ends: an exit code for scripts, one line for people, and never a bare traceback."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from typer import Typer
from typer.exceptions import TyperException

from twin.core.errors import ExitCode, TwinError

if TYPE_CHECKING:
    from twin.experiment.instruments import Instruments


def invoke(app: Typer, arguments: Sequence[str], *, name: str, instruments: Instruments | None = None) -> int:
    """Run a command line and return its exit code. ``instruments`` replace the model, in tests."""
    try:
        code = app(list(arguments), prog_name=name, standalone_mode=False, obj=instruments)
        sys.stdout.flush()
    except TyperException as error:
        message = error.format_message()  # empty when no command was given and the help has been printed
        return _say(f"{message}\n{name} --help lists the options", ExitCode.USAGE) if message else ExitCode.USAGE
    except KeyboardInterrupt:
        return _say("interrupted", ExitCode.INTERRUPTED)
    except TwinError as error:
        return _say(str(error), error.exit_code)
    except (BrokenPipeError, SystemExit):
        # Whoever read the output has seen enough (Typer turns a closed pipe, and nothing else, into SystemExit here);
        # the interpreter must not flush into the pipe again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except OSError as error:
        return _say(f"cannot read or write: {error}", ExitCode.RESULTS)
    except Exception as error:
        return _say(f"bug: {_first_line(error)}; please report it with {_report(error, arguments)}", ExitCode.BUG)
    return code if isinstance(code, int) else ExitCode.OK


def _say(message: str, code: ExitCode) -> ExitCode:
    sys.stderr.write(message + "\n")
    return code


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


def _report(error: Exception, arguments: Sequence[str]) -> str:
    """Write what a maintainer needs to a file and return its name; a full disk must not hide the bug itself."""
    from twin.experiment.versions import versions

    lines = [f"command: {list(arguments)}", f"platform: {platform.platform()}", f"versions: {versions()}", ""]
    text = "\n".join(lines) + "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="twin-bug-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
    except OSError:
        return "this traceback:\n" + text
    return file.name
