"""Runs the benchmark's contestants side by side and prints medians and their ratios.

python side_by_side.py [--quick] [--turns 3] [--folder FOLDER]
python side_by_side.py once NAME FOLDER RUNS     (what it starts itself: one contestant in a process of its own)
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
# Zones that no centre of a cell lies in would make it unfair; W1's have 400,000 cells each.
SIZES = {False: (12_000, 340), True: (1_200, 40)}
AGREED = 1e-6


def main() -> int:
    """1 if envgis and exactextract do not agree."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="small rasters, few rounds")
    arguments.add_argument("--turns", type=int, help="how many processes of each contestant")
    arguments.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "envgis-benchmark", help="for the rasters")
    options = arguments.parse_args()
    cells, count = SIZES[options.quick]
    turns = options.turns or (1 if options.quick else 3)
    small, large = (_workload(options.folder, size, count) for size in (cells, 2 * cells))

    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {cells:,} × {cells:,} cells, {count} zones\n")
    agreed = _agreement(small)
    _ratios(_in_turn(small, turns), _whole(small, turns))
    _growth(small, large)
    _start(3 * turns)
    _demo()
    return 0 if agreed else 1


def _workload(folder: Path, cells: int, count: int) -> Path:
    """A folder with the workload, made if it is not there."""
    import contestants
    import workload

    version = hashlib.sha256((HERE / "workload.py").read_bytes()).hexdigest()[:12]
    home = folder / f"{version}-{cells}-{count}"
    if not (home / "done").exists():
        print(f"Making {cells:,} × {cells:,} cells in {home}", flush=True)
        home.mkdir(parents=True, exist_ok=True)
        workload.zones(cells, count).to_file(home / "zones.gpkg")
        workload.rasters(home, cells)
        contestants.join(contestants.Work(home))
        (home / "done").touch()
    return home


def _agreement(folder: Path) -> bool:
    """Whether the cells of each zone and pair are exactextract's, to a millionth of the zone."""
    import contestants

    mine, theirs = contestants.shares(contestants.Work(folder))
    apart = (abs(mine - theirs) / theirs.sum(axis=1, keepdims=True)).max()
    print(f"Largest difference from exactextract, as a share of its zone: {apart:.1e} ({'agreed' if apart <= AGREED else 'NOT AGREED'})\n")
    return bool(apart <= AGREED)


def _in_turn(folder: Path, turns: int) -> dict[str, list[float]]:
    """Seconds of each contestant inside its process: imports and what is done once (compiling, opening) not counted.

    Each has processes of its own: what one leaves behind in memory would make the next one faster.
    """
    import contestants

    seconds: dict[str, list[float]] = {name: [] for name in contestants.CONTESTANTS}
    for _ in range(turns):
        for name, taken in seconds.items():
            runs = 1 if name in contestants.PEERS else 4
            taken += _once(name, folder, runs)["seconds"][runs > 1 :]
    return seconds


def _whole(folder: Path, turns: int) -> dict[str, list[float]]:
    """Seconds of whole processes: start, imports, reading the zones, and the job once."""
    import contestants

    return {name: [_once(name, folder, 1)["process_s"] for _ in range(turns)] for name in contestants.CONTESTANTS}


def _ratios(inside: dict[str, list[float]], whole: dict[str, list[float]]) -> None:
    seconds = {name: median(taken) for name, taken in inside.items()}
    print(f"{'':24}{'seconds':>9}{'÷ decode':>10}{'÷ envgis':>10}{'process':>10}")
    for name, one in seconds.items():
        ratios = one / seconds["decode"], one / seconds["envgis, 1 thread"]
        print(f"{name:24}{one:9.3f}{ratios[0]:10.2f}{ratios[1]:10.2f}{median(whole[name]):10.2f}")
    print()


def _growth(small: Path, large: Path) -> None:
    """Memory and time at twice the rows and columns, each in a process of its own."""
    name = "envgis, 1 thread"
    first, second = (_once(name, folder, 4) for folder in (small, large))
    grown = median(second["seconds"][1:]) / median(first["seconds"][1:])
    print(f"Peak memory {first['peak_mb']:.0f} MB; at four times the cells {second['peak_mb']:.0f} MB", end="")
    print(f" ({second['peak_mb'] / first['peak_mb']:.2f} ×) and {grown:.2f} × the time\n")


def _start(runs: int) -> None:
    program = Path(sys.executable).with_name("envgis" + Path(sys.executable).suffix)
    help_s = median(_seconds([str(program), "--help"]) for _ in range(runs))
    click_s = median(_seconds([sys.executable, "-c", "import click"]) for _ in range(runs))
    print(f"envgis --help: {help_s * 1e3:.0f} ms, {help_s / click_s:.1f} × import click ({click_s * 1e3:.0f} ms)")


def _demo() -> None:
    program = Path(sys.executable).with_name("envgis" + Path(sys.executable).suffix)
    with tempfile.TemporaryDirectory() as folder:
        print(f"envgis demo: {_seconds([str(program), 'demo', str(Path(folder) / 'demo')]):.1f} s")


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def _once(name: str, folder: Path, runs: int) -> dict[str, Any]:
    began = time.perf_counter()
    command = [sys.executable, __file__, "once", name, str(folder), str(runs)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8").stdout
    return {**json.loads(told), "process_s": time.perf_counter() - began}


def _report(name: str, folder: Path, runs: int) -> None:
    """Carry out a job some times and print, as JSON, the seconds of each and the process's largest memory."""
    import contestants

    work, taken = contestants.Work(folder), []
    for _ in range(runs):
        began = time.perf_counter()
        contestants.run(name, work)
        taken.append(time.perf_counter() - began)
    print(json.dumps({"seconds": taken, "peak_mb": _peak_mb()}))


def _peak_mb() -> float:
    """The largest memory that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text(encoding="utf-8").split("VmHWM:")[1].split()[0]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    if sys.argv[1:2] == ["once"]:
        _report(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        sys.exit(main())
