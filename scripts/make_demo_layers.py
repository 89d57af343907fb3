"""Make the demonstration workspace ``layers/`` anew: the same files on every run.

    python scripts/make_demo_layers.py [--out FOLDER]

Everything is synthetic and comes from one seed; the README in the folder says what is real.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from demo_layers import cover, design, drawn, layers, reports, sites, terrain
from demo_layers.geography import REGIONS, Region
from demo_layers.lattice import GTM, Lattice


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent / "layers", help="folder to write to")
    folder: Path = parser.parse_args().out
    (folder / "actions").mkdir(parents=True, exist_ok=True)
    places = []
    for region in REGIONS:
        print(f"{region.name}: terrain and land use", flush=True)
        places.append(make_place(region))
    print("rasters and municipalities", flush=True)
    layers.write_all(folder, places)
    print("field reports and sites", flush=True)
    reports.write(folder / "actions" / "kobo_acciones.csv")
    drawn.write(folder / "actions" / "actions_drawn.gpkg", places)
    sites.write(folder / "sites.xlsx", places)
    print(folder)


def make_place(region: Region) -> cover.Place:
    """One region: its terrain eroded, its land covered."""
    lattice = Lattice.around(GTM, region.bounds, size=terrain.CELL_M)
    return cover.settle(region, terrain.build(lattice, lambda grid: design.design(region, grid), region.tag))


if __name__ == "__main__":
    main()
