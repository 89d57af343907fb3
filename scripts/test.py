"""The second command: make the environment and check everything.

    python3 scripts/test.py                      lint, format, types, import contract, lock, all tests
    python3 scripts/test.py tests/test_grid.py   only these tests; arguments go to pytest

It makes its own environment; the tests of pages need Chromium beside it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import environment
from environment import ROOT, program, say

# The oldest Python that may install it decides, not the one at hand.
LOCK = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-build", "--emit-build-options", "--no-header", "--quiet"]
LOCK += ["--group", "build", "pyproject.toml"]
# What each lock holds beside the package's own dependencies.
MORE = {
    "run": [],
    "dev": ["--all-extras", "--group", "dev", "-c", "lock/run.txt"],
    "bench": ["--group", "bench", "-c", "lock/run.txt"],
}


def main() -> int:
    """0 if everything is well."""
    python = str(environment.prepare("dev"))
    pytest = [python, "-m", "pytest"]
    if sys.argv[1:]:
        return environment.run([*pytest, *sys.argv[1:]])
    failed = [name for name, command in checks(python) if not _well(name, command)]
    if lock_is_stale():
        failed.append("lock")
    if not _well("pytest", [*pytest, "-n", "2", "--durations=15"]):
        failed.append("pytest")
    if failed:
        say("Failed: " + ", ".join(failed))
    return 1 if failed else 0


def checks(python: str) -> list[tuple[str, list[str]]]:
    """What is checked without running the code, by name."""
    return [
        ("ruff", [python, "-m", "ruff", "check", "."]),
        ("ruff format", [python, "-m", "ruff", "format", "--check", "."]),
        ("mypy", [python, "-m", "mypy"]),
        ("import contract", [program("lint-imports")]),
    ]


def lock_is_stale() -> bool:
    """Whether the lock is not what pyproject.toml asks for, or names a host. Pins stay: only what does not fit is new."""
    say("── lock")
    stale = False
    with tempfile.TemporaryDirectory() as folder:
        for name, more in MORE.items():
            committed, fresh = ROOT / "lock" / (name + ".txt"), Path(folder) / (name + ".txt")
            fresh.write_bytes(committed.read_bytes())
            code = environment.run([program("uv"), "pip", "compile", *LOCK, *more, "-o", str(fresh)])
            if code or fresh.read_bytes() != committed.read_bytes():
                say("lock/{0}.txt is not what pyproject.toml asks for: see CONTRIBUTING.md, “The lock”.".format(name))
                stale = True
            if b"://" in committed.read_bytes():
                say("lock/{0}.txt names a host.".format(name))
                stale = True
    return stale


def _well(name: str, command: list[str]) -> bool:
    say("── " + name)
    return environment.run(command) == 0


if __name__ == "__main__":
    sys.exit(main())
