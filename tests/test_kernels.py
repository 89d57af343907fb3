"""kernels: the same laws hold with the compiler off, so that they hold of the lines that one reads."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
HELD = ("test_ledger.py", "test_ledger_reference.py", "test_levels.py", "test_population.py")


def test_the_same_with_the_compiler_off() -> None:
    """In a process of its own: numba reads the switch when it is first imported."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(str(HERE / name) for name in HELD)]
    done = subprocess.run(
        command, cwd=HERE.parent, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout and "skipped" not in done.stdout


def test_the_compiler_is_off_there() -> None:
    """Else the test above would show nothing."""
    code = "from envgis.kernels import counting; print(type(counting.tabulate).__name__)"
    for switch, kind in (("1", "function"), ("0", "CPUDispatcher")):
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "NUMBA_DISABLE_JIT": switch}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == kind
