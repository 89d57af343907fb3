"""How fast, and in how much memory: envgis beside its peers, in an environment of its own (.venv-bench).

    python3 scripts/benchmark.py           the whole of it: ten minutes and 200 MB of files in the system's temporary folder
    python3 scripts/benchmark.py --quick   the same on small rasters, to see that it works

What is run stands in side_by_side.py, what is compared in contestants.py, on what in workload.py.
"""

from __future__ import annotations

import sys

import environment


def main() -> int:
    """Exit code of side_by_side.py: 1 if results differ from exactextract's."""
    environment.use(".venv-bench")
    python = environment.prepare("bench")
    return environment.run([str(python), "scripts/side_by_side.py", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
