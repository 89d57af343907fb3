"""How block tasks are carried out: in turn, on threads, or on a Dask cluster. No other room knows.

Every task makes a part, parts are added. They are whole numbers, so no order of adding can matter.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from distributed import Client

CELLS = 512 * 24_576
# Enough tasks a worker to even out, few enough for 2 ms a task not to matter.
_TASKS_A_WORKER = 12

Job = TypeVar("Job")
Task = TypeVar("Task")
Part = TypeVar("Part")
Progress = Callable[[int], None]


@dataclass(frozen=True)
class How:
    """threads : on this machine; client : of a Dask cluster, instead; cells : at most, in a block

    >>> How(threads=2).add_up(lambda job, task: job * task, 10, [1, 2, 3], lambda a, b: a + b)
    60
    """

    threads: int = 1
    client: Client | None = None
    cells: int = CELLS

    def add_up(
        self,
        work: Callable[[Job, Task], Part],
        job: Job,
        tasks: Sequence[Task],
        add: Callable[[Part, Part], Part],
        progress: Progress | None = None,
    ) -> Part:
        """Carry out ``work(job, task)`` for every task and add the parts. ``progress`` gets the number of tasks done.

        Raises ValueError if there is no task.
        """
        if not tasks:
            raise ValueError("no task")
        parts = self._parts(work, job, tasks, add)
        total, done = next(parts)
        for part, count in parts:
            if progress is not None:
                progress(done)
            total, done = add(total, part), done + count
        if progress is not None:
            progress(done)
        return total

    def _parts(
        self, work: Callable[[Job, Task], Part], job: Job, tasks: Sequence[Task], add: Callable[[Part, Part], Part]
    ) -> Iterator[tuple[Part, int]]:
        if self.client is not None:
            yield from _on_cluster(self.client, work, job, tasks, add)
        elif self.threads > 1:
            with ThreadPoolExecutor(self.threads) as pool:
                yield from ((part, 1) for part in pool.map(functools.partial(work, job), tasks))
        else:
            yield from ((work(job, task), 1) for task in tasks)


def _on_cluster(client: Client, work: Any, job: Any, tasks: Sequence[Any], add: Any) -> Iterator[tuple[Any, int]]:
    from distributed import as_completed

    workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
    size = max(1, len(tasks) // (workers * _TASKS_A_WORKER))
    batches = [tasks[i : i + size] for i in range(0, len(tasks), size)]
    # distributed says nothing of its types.
    shared = client.scatter(job, broadcast=True, hash=False)  # type: ignore[no-untyped-call]
    futures: dict[Any, int] = {client.submit(_batch, work, shared, batch, add, pure=False): len(batch) for batch in batches}
    for future, part in as_completed(futures, with_results=True):  # type: ignore[no-untyped-call]
        yield part, futures[future]


def _batch(work: Any, job: Any, tasks: Sequence[Any], add: Any) -> Any:
    return functools.reduce(add, (work(job, task) for task in tasks))


@contextmanager
def cluster(workers: int | None = None, scheduler: str | None = None) -> Iterator[Client | None]:
    """A Dask client: of ``workers`` processes of this machine, bound to loopback, or of a running ``scheduler``.

    Neither: None. Raises ModuleNotFoundError if Dask is not installed (``pip install envgis[dask]``).

    >>> with cluster() as client:
    ...     How(client=client).add_up(lambda job, task: job + task, 1, [1, 2], lambda a, b: a + b)
    5
    """
    if not workers and not scheduler:
        yield None
        return
    from distributed import Client, LocalCluster

    if scheduler:
        with Client(scheduler) as client:  # type: ignore[no-untyped-call]
            yield client
        return
    # Other values of dashboard_address listen on every address, or on a fixed port.
    local = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=40
    )
    with local, Client(local) as client:  # type: ignore[no-untyped-call]
        yield client
