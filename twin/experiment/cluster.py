"""Tasks on Dask workers. A worker that dies costs its task only, which is done again elsewhere."""

from __future__ import annotations

import logging
import signal
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import resource_tracker
from typing import Any, Final

import dask
from distributed import Client, KilledWorker, LocalCluster, as_completed
from distributed.comm.core import CommClosedError

from twin.core.errors import WorkersError
from twin.experiment.engine import OnDone
from twin.experiment.plan import Task
from twin.experiment.task import Job, run_task

DEATHS_ALLOWED: Final = 3
"""Workers that one task may take with it before the run gives up."""

_LOCAL: Final = {
    "distributed.scheduler.allowed-failures": DEATHS_ALLOWED,
    "distributed.scheduler.worker-saturation": 1.0,  # no task waits behind another while a worker is idle
}
_CONNECT_TIMEOUT_S: Final = 20
_CLOSE_TIMEOUT_S: Final = 10


def on_local_workers(job: Job, tasks: Sequence[Task], *, workers: int, on_done: OnDone) -> None:
    """Carry out the tasks on ``workers`` processes of this machine, reachable from nowhere else."""
    with (
        dask.config.set(_LOCAL),
        tempfile.TemporaryDirectory(prefix="twin-", ignore_cleanup_errors=True) as scratch,
        _workers(workers, scratch) as cluster,
        Client(cluster) as client,
    ):
        _carry_out(client, job, tasks, on_done)


def on_scheduler(job: Job, tasks: Sequence[Task], *, address: str, on_done: OnDone) -> None:
    """Carry out the tasks on an existing cluster, which must see the same results folder and run the same versions."""
    try:
        client = Client(address, timeout=_CONNECT_TIMEOUT_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise WorkersError(f"no Dask scheduler answers at {address}: {error}") from error
    with client:
        if not client.scheduler_info()["workers"]:
            raise WorkersError(f"the Dask scheduler at {address} has no workers")
        _carry_out(client, job, tasks, on_done)


@contextmanager
def _workers(count: int, scratch: str) -> Iterator[Any]:
    with _deaf_to_ctrl_c():
        cluster = LocalCluster(
            n_workers=count,
            threads_per_worker=1,  # a kernel holds the interpreter's lock
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # any free port: two runs at a time must not fight over the usual one
            memory_limit=None,  # a replication's memory is bounded by design; pausing workers would only hide a defect
            silence_logs=logging.CRITICAL,
            local_directory=scratch,
        )
    try:
        yield cluster
    finally:
        with suppress(TimeoutError):  # a worker deep in a kernel does not listen; its nanny kills it
            cluster.close(timeout=_CLOSE_TIMEOUT_S)


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Threads and processes that start in here, and those that they start, never see SIGINT; the caller does.

    Ctrl-C reaches the whole process group. It is the main process that ends the workers; on their own they would each
    print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it unblocks SIGINT in the thread that starts it, so it is started before
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _carry_out(client: Any, job: Job, tasks: Sequence[Task], on_done: OnDone) -> None:
    # Keys are fresh: two runs that share a scheduler must not be given each other's results. One group of keys, given
    # at once, is queued in order by the scheduler and handed out as workers become free.
    group = f"twin-{uuid.uuid4().hex}"
    ready = _prepare(client, job)
    futures = client.map(partial(run_task, job), tasks, key=[(group, n) for n in range(len(tasks))], pure=False)
    try:
        for future in as_completed(futures):
            on_done(future.result())
    except KilledWorker as error:
        raise WorkersError(f"{DEATHS_ALLOWED + 1} workers died on the same task: {error}") from error
    except CommClosedError as error:
        raise WorkersError(f"the connection to the workers was lost: {error}") from error
    finally:
        client.cancel([*ready, *futures], force=True)


def _prepare(client: Any, job: Job) -> list[Any]:
    """Ask every worker to get ready before its first task; whoever fails at that will say so in its task."""
    addresses = sorted(client.scheduler_info()["workers"])
    return [
        client.submit(job.instruments.prepare, number, workers=[address], priority=1, pure=False)
        for number, address in enumerate(addresses)
    ]
