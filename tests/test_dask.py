"""The blocks on a Dask cluster: the same bits, faults that come home, nothing that listens beyond this machine."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from distributed import Client, LocalCluster
from workspaces import country, fingerprint, write

from envgis import pipeline
from envgis.blocks import How, cluster
from envgis.faults import BadInput, Fault, Place
from envgis.grid import ArrayLayer
from envgis.pipeline import Plan
from envgis.sources import inputs, workspace_file
from envgis.sources.inputs import Inputs
from envgis.workspace import Workspace

Read = tuple[Workspace, Inputs]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Two worker processes, shared by all tests here: starting them takes longer than what they do."""
    with cluster(workers=2) as client:
        assert client is not None
        yield client


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    folder = write(tmp_path_factory.mktemp("dask"), country())
    table = workspace_file.read_workspace(folder)
    return table, inputs.gather(table, folder)[0]


@pytest.fixture(scope="module")
def here(read: Read) -> str:
    """The fingerprint without a cluster."""
    return fingerprint(pipeline.study(*read, Plan(threads=1)))


def address(client: Client) -> str:
    return str(client.scheduler_info(n_workers=0)["address"])


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_one_hash_for_any_blocks_threads_and_workers(read: Read, here: str, threads: int) -> None:
    """Of all tables: in blocks of two rows, of many and of all, on so many threads here and of each of two workers."""
    with LocalCluster(n_workers=2, threads_per_worker=threads, host="127.0.0.1", dashboard_address="127.0.0.1:0") as two, Client(two) as client:
        assert [*client.nthreads().values()] == [threads] * 2
        where = itertools.product([700, 20_001, 6_000_000], [None, address(client)])
        found = {(block, at): fingerprint(pipeline.study(*read, Plan(block=block, threads=threads, scheduler=at))) for block, at in where}
        assert found == dict.fromkeys(found, here)
        assert all(min(done) > 1 for done in client.run(lambda dask_worker: [dask_worker.state.executed_count]).values())


def test_workers_of_its_own_change_no_bit(read: Read, here: str) -> None:
    assert fingerprint(pipeline.study(*read, Plan(workers=2, block=20_001))) == here


def test_layers_in_memory_travel_too(client: Client, read: Read, here: str) -> None:
    """What a user holds as an array needs no file on the worker."""
    table, kept = read
    people = kept.population
    assert people is not None
    held = ArrayLayer(people.grid, people.read(people.grid.window), people.fill)
    in_memory = Inputs(**{**kept.__dict__, "population": held})
    assert fingerprint(pipeline.study(table, in_memory, Plan(scheduler=address(client), block=20_001))) == here


def test_nothing_listens_beyond_this_machine(client: Client) -> None:
    assert address(client).startswith("tcp://127.0.0.1:")
    me = psutil.Process()
    sockets = [c for process in [me, *me.children(recursive=True)] for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert len(sockets) >= 3  # the scheduler and two workers
    assert {c.laddr.ip for c in sockets} <= {"127.0.0.1", "::1"}


def test_progress_counts_every_block(client: Client) -> None:
    told: list[int] = []
    total = How(client=client).add_up(divmod_sum, 7, list(range(100)), int.__add__, told.append)
    assert total == sum(i % 7 for i in range(100))
    assert told == sorted(told) and told[-1] == 100


def divmod_sum(job: int, task: int) -> int:
    return task % job


def test_a_file_that_changed_on_the_way_is_refused_with_its_name(client: Client, tmp_path: Path) -> None:
    """A worker opens the file that was checked, or none: the fault comes home as a fault."""
    folder = write(tmp_path, country())
    table = workspace_file.read_workspace(folder)
    checked, _ = inputs.gather(table, folder)
    country().landslide["2050"].write(folder / "landslide_present.tif")
    with pytest.raises(BadInput) as stopped:
        pipeline.study(table, checked, Plan(scheduler=address(client)))
    assert [(f.code, f.at.file) for f in stopped.value.faults] == [("raster-changed", "landslide_present.tif")]


def test_faults_survive_the_journey() -> None:
    """Also where Dask has not put its own way of sending exceptions in place of Python's."""
    stopped = BadInput([Fault("raster-changed", Place("a.tif"), "x", {"count": 2})])
    kind, made_of = stopped.__reduce__()
    assert kind(*made_of).faults == pickle.loads(pickle.dumps(stopped)).faults == stopped.faults
