"""The folder of a run: where it is, who may write to it, what its manifest says, and whether it is whole.

results/<scenario>/<run-id>/
    manifest.json           status, seed, versions, fingerprint, digests of every file
    scenario.resolved.yaml  what was run
    journal/<arm>/<replication>/*.parquet, task.json
    kpis.parquet            arm, replication, kpi, value
    comparison.csv          one row per arm and KPI
    timeline.parquet        means over the worlds: arm, series, t, mean, low, high, n
    figures/                drawn from the above by the report
    thresholds.json         verdicts, if the scenario has thresholds
    timing.json             seconds; the only file besides the manifest that two equal runs do not share
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from twin.core.errors import ResultsError
from twin.experiment.atomic import TEMPORARY, digest_file, point_to, write_json

MANIFEST: Final = "manifest.json"
JOURNAL: Final = "journal"
TIMING: Final = "timing.json"
LATEST: Final = "latest"
_LOCK: Final = ".lock"


class RunFolder:
    """One run's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def journal(self) -> Path:
        """Where tasks put their folders."""
        return self.path / JOURNAL

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process alone; the lock goes with the process, however it ends."""
        self.path.mkdir(parents=True, exist_ok=True)
        lock = self.path / _LOCK
        with lock.open("w") as file:
            _lock(file.fileno(), self.path)
            try:
                self._sweep()
                yield
            finally:
                lock.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what a killed run left half written."""
        for remains in sorted(self.path.rglob(f"{TEMPORARY}*")):
            if remains.is_dir():
                shutil.rmtree(remains)
            else:
                remains.unlink(missing_ok=True)

    def write_manifest(self, content: Mapping[str, Any], files: Mapping[str, str] | None = None) -> None:
        """Write the manifest with ``files`` (digests by path) and, last, the digest of itself."""
        manifest = {**content, "files": dict(sorted((files or {}).items()))}
        write_json(self.path / MANIFEST, {**manifest, "self": _self_digest(manifest)})

    def read_manifest(self) -> dict[str, Any]:
        """The manifest; ``ResultsError`` if there is none or it was damaged."""
        path = self.path / MANIFEST
        try:
            manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            written = manifest.pop("self")
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise ResultsError(f"{path}: not the manifest of a run: {error}") from error
        if written != _self_digest(manifest):
            raise ResultsError(f"{path}: changed after it was written")
        return manifest


def add_files(run: Path, names: Sequence[str]) -> None:
    """Enter files that were made from a finished run's results into its manifest; the rest of it stays as it is."""
    folder = RunFolder(run)
    with folder.locked():
        manifest = folder.read_manifest()
        known = manifest.pop("files")
        files = known | {name: digest_file(run / name) for name in names}
        if files != known:
            folder.write_manifest(manifest, files)


def open_run(
    scenario: str, *, seed_text: str, results: Path, out: Path | None, resume: bool, overwrite: bool
) -> RunFolder:
    """Folder for a run of ``scenario``: a new one by default, the named or latest one with ``resume``.

    ``seed_text`` is hashed into the run id. ``ResultsError`` if a named folder exists and may be neither resumed nor
    overwritten, or is no run's folder.
    """
    if out is None:
        parent = results / scenario
        found = _newest(parent) if resume else None
        return RunFolder(found or _fresh(parent, seed_text))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not (resume or overwrite):
            raise ResultsError(f"{out} exists; use --resume to go on with it or --overwrite to replace it")
        if not (out / MANIFEST).is_file():
            raise ResultsError(f"{out} exists and is not a run's folder; it is left alone")
        if overwrite:
            shutil.rmtree(out)
    return RunFolder(out)


def make_latest(results: Path, run: Path) -> None:
    """Let ``results/latest`` lead to the run, if it lies under ``results``."""
    if run.resolve().is_relative_to(results.resolve()):
        point_to(results / LATEST, run)


def verify(run: Path) -> list[str]:
    """What is wrong with a finished run's files, one line each; empty if every byte is as it was written.

    ``ResultsError`` if there is no manifest to hold the files against.
    """
    manifest = RunFolder(run).read_manifest()
    if manifest["status"] != "complete":
        return [f"{MANIFEST}: the run is {manifest['status']}, not complete"]
    expected: dict[str, str] = manifest["files"]
    present = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if not path.is_dir()}
    present.pop(MANIFEST)
    problems = [f"{name}: missing" for name in expected.keys() - present.keys()]
    problems += [f"{name}: not part of the run" for name in present.keys() - expected.keys()]
    both = expected.keys() & present.keys()
    problems += [f"{name}: changed" for name in both if digest_file(present[name]) != expected[name]]
    return sorted(problems)


def utc_now() -> str:
    """Wall-clock time, ISO 8601 to the second; kept in manifests only."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _self_digest(manifest: Mapping[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(manifest, sort_keys=True).encode(), digest_size=16).hexdigest()


def _newest(parent: Path) -> Path | None:
    """The latest run by its id, which starts with the time."""
    return max((path.parent for path in parent.glob(f"*/{MANIFEST}")), default=None)


def _fresh(parent: Path, seed_text: str) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for attempt in range(1000):
        suffix = hashlib.blake2b(f"{seed_text}{attempt}".encode(), digest_size=4).hexdigest()
        path = parent / f"{stamp}-{suffix}"
        try:
            path.mkdir(parents=True)
        except FileExistsError:  # another run of the same second
            continue
        return path
    raise ResultsError(f"{parent}: no free name for a run")


def _lock(descriptor: int, path: Path) -> None:
    if os.name != "posix":
        return
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise ResultsError(f"{path} is being written by another run") from error
