"""The first command: make the environment, run the demo workspace layers/, say where the maps are.

    python3 scripts/demo.py

It needs a Python and nothing else.
"""

from __future__ import annotations

import sys

import environment


def main() -> int:
    """Exit code of ``envgis run layers --out maps``."""
    environment.prepare("run")
    return environment.run([environment.program("envgis"), "run", "layers", "--out", "maps", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
