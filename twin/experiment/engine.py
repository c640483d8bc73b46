"""Carrying out tasks: one after another in this process, or on Dask workers here or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from twin.experiment.plan import Task
from twin.experiment.task import Done, Job, run_task

OnDone = Callable[[Done], None]


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def execute(job: Job, tasks: Sequence[Task], *, jobs: int, scheduler: str | None, on_done: OnDone) -> None:
    """Carry out every task and report each as it finishes, in any order. What a task raises ends the execution.

    ``jobs`` is the number of local workers; ``scheduler`` is the address of a Dask scheduler to use instead of them.
    """
    if scheduler is not None:
        from twin.experiment.cluster import on_scheduler

        on_scheduler(job, tasks, address=scheduler, on_done=on_done)
    elif min(jobs, len(tasks)) > 1:
        from twin.experiment.cluster import on_local_workers

        on_local_workers(job, tasks, workers=min(jobs, len(tasks)), on_done=on_done)
    else:
        for task in tasks:
            on_done(run_task(job, task))
