"""The project's own environment in .venv, made from the lock: shared by demo.py and test.py.

Standard library only, in syntax that Python 3.8 parses, so that an old Python can say that it is too old.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "envgis-stamp.json"
OLDEST = (3, 11)
NEWER = ["python3.14", "python3.13", "python3.12", "python3.11"]
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")

TOO_OLD = (
    "This Python is {found} and envgis needs 3.11 or newer: install one (Debian 12, Ubuntu 24.04 or newer bring it), then run this again.\n"
    "Este Python es {found} y envgis necesita 3.11 o más nuevo: instálelo (Debian 12, Ubuntu 24.04 o más nuevos lo traen) y corra esto otra vez."
)
NO_VENV = (
    "This Python cannot make environments: install its venv module (Debian or Ubuntu: sudo apt install python3-venv) or uv, then run this again.\n"
    "Este Python no puede crear entornos: instale su módulo venv (Debian o Ubuntu: sudo apt install python3-venv) o uv, y corra esto otra vez."
)
NOT_MADE = (
    "The environment in .venv could not be made (see above): delete the folder .venv and run this again.\n"
    "No se pudo crear el entorno en .venv (vea arriba): borre la carpeta .venv y corra esto otra vez."
)
NOT_INSTALLED = (
    "The packages could not be installed (see above); the first start needs the internet: check the connection, then run this again.\n"
    "No se pudieron instalar los paquetes (vea arriba); la primera vez hace falta internet: revise la conexión y corra esto otra vez."
)


def use(folder: str) -> None:
    """Take another folder of the project than .venv for the environment."""
    global VENV, STAMP, BIN, PYTHON
    VENV = ROOT / folder
    STAMP, BIN = VENV / STAMP.name, VENV / BIN.name
    PYTHON = BIN / PYTHON.name


def prepare(lock: str) -> Path:
    """The Python of an environment that holds lock/<lock>.txt and this project; at once if it is there already."""
    if hasattr(sys.stdout, "reconfigure"):  # a console that lacks a letter shows its code instead of stopping
        sys.stdout.reconfigure(errors="backslashreplace")
    base = _base()
    wanted = _wanted(lock, base)
    if _installed().get(lock) == wanted and PYTHON.exists():
        return PYTHON
    tools = _tools(base)
    if tools is None:
        sys.exit(NO_VENV)
    make, install = tools
    say("Preparando el entorno en {0} (solo la primera vez) · Making the environment in {0} (the first time only)".format(VENV.name))
    if STAMP.exists():
        STAMP.unlink()  # an installation that is cut short must not pass for a whole one
    if _version(str(PYTHON)) != _version(base):
        _do(make, NOT_MADE)
    requirements = str(ROOT / "lock" / (lock + ".txt"))
    count = sum(1 for line in Path(requirements).read_text(encoding="utf-8").splitlines() if "==" in line)
    say("Instalando unos {0} paquetes · Installing about {0} packages".format(count))
    _do([*install, "--require-hashes", "-r", requirements], NOT_INSTALLED)
    _do([*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], NOT_MADE)
    # What test.py needs holds all that demo.py needs.
    done = {name: _wanted(name, base) for name in (["run", "dev"] if lock == "dev" else [lock])}
    STAMP.write_text(json.dumps(done), encoding="utf-8")
    return PYTHON


def program(name: str) -> str:
    """The path of a program of the environment."""
    return str(BIN / (name + (".exe" if WINDOWS else "")))


def say(text: str) -> None:
    """A line that is on the screen before what follows it."""
    print(text, flush=True)


def run(arguments: list[str]) -> int:
    """Run a program of the environment in the project's folder; its exit code."""
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    environment = dict(os.environ, PATH=path, PYTHONUTF8="1", VIRTUAL_ENV=str(VENV))
    try:
        return subprocess.call(arguments, cwd=str(ROOT), env=environment)
    except KeyboardInterrupt:
        return 130


def _base() -> str:
    """A Python that is new enough: this one, else one on the path."""
    if sys.version_info >= OLDEST:
        return sys.executable
    found = next((shutil.which(name) for name in NEWER if shutil.which(name)), None)
    if found is None:
        sys.exit(TOO_OLD.format(found="{0}.{1}".format(*sys.version_info)))
    return found


def _wanted(lock: str, base: str) -> str:
    """What an environment is made of: the lock, the project's own settings, its place and the Python."""
    parts = [(ROOT / "lock" / (lock + ".txt")).read_bytes(), (ROOT / "pyproject.toml").read_bytes()]
    return hashlib.sha256(b"\0".join([*parts, str(ROOT).encode(), _version(base).encode()])).hexdigest()


def _installed() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _version(python: str) -> str:
    """Its version; empty if there is none or it does not start."""
    if python == sys.executable:
        return sys.version
    try:
        ask = "import sys; print(sys.version, end='')"
        return subprocess.check_output([python, "-I", "-c", ask], stderr=subprocess.DEVNULL, universal_newlines=True)
    except (OSError, subprocess.CalledProcessError):
        return ""


def _tools(base: str) -> tuple[list[str], list[str]] | None:
    """The command that makes the environment and the one that installs into it: uv, else venv and pip, else pip alone."""
    uv = shutil.which("uv")
    if uv:
        quiet = [] if sys.stderr.isatty() else ["--quiet"]
        make = [uv, "venv", "--quiet", "--clear", "--python", base, str(VENV)]
        return make, [uv, "pip", "install", *quiet, "--compile-bytecode", "--python", str(PYTHON)]
    pip = ["--disable-pip-version-check", "install", "--compile", "--no-warn-script-location"]
    if _has(base, "venv") and _has(base, "ensurepip"):
        return [base, "-m", "venv", "--clear", str(VENV)], [str(PYTHON), "-m", "pip", *pip]
    if _has(base, "venv") and _has(base, "pip"):
        return [base, "-m", "venv", "--clear", "--without-pip", str(VENV)], [base, "-m", "pip", "--python", str(PYTHON), *pip]
    return None


def _has(python: str, module: str) -> bool:
    if python == sys.executable:
        return importlib.util.find_spec(module) is not None
    ask = "import importlib.util, sys; sys.exit(importlib.util.find_spec({0!r}) is None)".format(module)
    return subprocess.call([python, "-c", ask]) == 0


def _do(command: list[str], otherwise: str) -> None:
    """Carry out a step; if it fails, show what it said and end with the sentence ``otherwise``."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PIP_USER", "PIP_TARGET", "VIRTUAL_ENV")}
    if command[1:3] == ["-m", "pip"]:
        code, told = _follow(command, environment)
    else:  # uv draws its own bar
        code, told = subprocess.call(command, env=environment, cwd=str(ROOT)), ""
    if code:
        say(told)
        sys.exit(otherwise)


def _follow(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run pip and count the packages that it has come to."""
    lines, count = [], 0
    with subprocess.Popen(
        command, env=environment, cwd=str(ROOT), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if line.startswith(("Collecting ", "Processing ")):
                count += 1
                name = line.split()[1].rsplit("/", 1)[-1]
                if sys.stdout.isatty():
                    print("\r  {0:3d} {1:<40.40}".format(count, name), end="", flush=True)
                elif count % 10 == 0:
                    say("  {0} {1}".format(count, name))
    if count and sys.stdout.isatty():
        print()
    return process.returncode, "".join(lines[-15:])
