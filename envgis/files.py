"""The only door out: whole files, whole result folders, or nothing.

A file goes through a temporary name, flush and rename. A result folder is filled as ``<out>.part-<id>`` beside its
place and put there by renames; the result before it stays as ``<out>.previous``. `repair` ends what a stop between
the renames left open, so that under the final name there is an old result or a new one, never half of one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from envgis.faults import BadInput, Fault, Place

RECORD = "run.json"
# Kept from one result to the next; everything else in an output folder is ours to replace.
CARRIED_OVER = "README.md"
_ID = "[0-9a-f]{8}"
# What file managers, spreadsheets and GIS programs leave beside the files they show; and our own probe of a folder, killed.
_BYSTANDERS = re.compile(
    rf"(\.DS_Store|Thumbs\.db|desktop\.ini|~\$.*|\.~lock\..*#|.*\.gpkg-(wal|shm|journal)|.*\.tif\.aux\.xml|\.envgis-{_ID})", re.IGNORECASE
)
_RETRIES = 5
_FULL = {errno.ENOSPC, errno.EDQUOT}
_DENIED = {errno.EACCES, errno.EPERM}
_SOME_ROOM = 1_000_000


def sha256(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits. Raises OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fresh_id() -> str:
    """Eight random hexadecimal digits, for temporary names."""
    return secrets.token_hex(4)


def write_file(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``: whole, or not at all. Folders on the way are made.

    Raises BadInput if the disk is full or refuses.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path for writers that want one; what they leave there is flushed and renamed to ``path``.

    Raises BadInput if the disk is full or refuses; whatever goes wrong, ``path`` keeps what it had.
    """
    with told(path), scratch(path) as temporary:
        yield temporary
        _flush(temporary)
        _rename(temporary, path)
        _flush_folder(path.parent)


@contextmanager
def scratch(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path``, for a writer's own use; whatever lies there at the end is removed."""
    # The suffix stays last: GDAL tells formats by it.
    temporary = path.with_name(f"{path.stem}.part-{fresh_id()}{path.suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A new, empty folder; when the block ends well and its run.json names whole files, it becomes ``out``.

    What ``out`` held becomes ``<out>.previous``. When the block raises, ``out`` is as it was. The whole time no other
    run can use ``out``. Raises BadInput for what `refusals` lists, and if the disk is full or refuses.
    """
    out = out.resolve()
    _stop(_refusals_of_place(out))
    with _locked(out):
        _repair(out)
        _stop(_refusals_of_content(out))
        part = out.with_name(f"{out.name}.part-{fresh_id()}")
        with told(part):
            part.mkdir(parents=True)
        try:
            yield part
            if not whole(part):
                raise RuntimeError(f"{part} does not hold what its {RECORD} names")
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        try:
            with told(out):
                _put_in_place(part, out)
        finally:  # Ctrl-C between the renames is a stop like any other
            _repair(out)


def refusals(out: Path) -> list[Fault]:
    """Why a run could not write to ``out`` now: all reasons; empty if it could."""
    out = out.resolve()
    faults = _refusals_of_place(out)
    if faults:
        return faults
    try:
        with _locked(out):
            _repair(out)
            return _refusals_of_content(out)
    except BadInput as busy:
        return list(busy.faults)


def restore(out: Path) -> None:
    """Exchange ``out`` and ``<out>.previous``: undo, and undo of the undo.

    Raises BadInput if there is no previous, or somebody changed it: what comes back must be a result.
    """
    out = out.resolve()
    _stop(_refusals_of_place(out))
    with _locked(out):
        _repair(out)
        _stop(_refusals_of_content(out))
        before = previous(out)
        if not written(before):
            raise BadInput([Fault("nothing-to-restore", Place(str(out)))])
        if names := changed(before):
            raise BadInput([Fault("previous-changed", Place(str(before)), _shown(names))])
        old = out.with_name(f"{out.name}.old-{fresh_id()}")
        with told(out):
            if out.exists():
                _carry_over(out, previous(out))
                _rename(out, old)
            _rename(previous(out), out)
            if old.exists():
                _rename(old, previous(out))
            _flush_folder(out.parent)


def previous(out: Path) -> Path:
    """Where the result before the one in ``out`` stays."""
    return out.with_name(f"{out.name}.previous")


def written(folder: Path) -> Mapping[str, str]:
    """The files that a run wrote to ``folder``: relative name → SHA-256, as its run.json says; empty without one."""
    try:
        outputs = json.loads((folder / RECORD).read_text(encoding="utf-8"))["outputs"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {str(k): str(v) for k, v in outputs.items()} if isinstance(outputs, dict) else {}


def whole(folder: Path) -> bool:
    """Whether ``folder`` has a run.json and, byte for byte, every file that it names."""
    return bool(written(folder)) and not changed(folder)


def changed(folder: Path) -> list[str]:
    """Relative names of the files of a result that are no longer, byte for byte, as its run wrote them; missing ones too."""

    def as_written(name: str, digest: str) -> bool:
        try:
            return sha256(folder / name) == digest
        except OSError:
            return False

    return [name for name, digest in written(folder).items() if not as_written(name, digest)]


def replaced_changes(out: Path) -> list[Fault]:
    """What to tell after a result in ``out`` was replaced: files of the earlier one that somebody had changed."""
    before = previous(out.resolve())
    names = [name for name in changed(before) if (before / name).exists()]
    return [Fault("replaced-changed", Place(str(out)), _shown(names), {"previous": str(before)}, "warning")] if names else []


def extra_files(folder: Path) -> list[str]:
    """Relative names of the files in ``folder`` that no run wrote there."""
    ours = {*written(folder), RECORD, CARRIED_OVER}
    names = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if not path.is_dir() or path.is_symlink())
    return [name for name in names if name not in ours and not _BYSTANDERS.fullmatch(name.rsplit("/", 1)[-1])]


def _put_in_place(part: Path, out: Path) -> None:
    old = out.with_name(f"{out.name}.old-{fresh_id()}")
    # A folder without a result (a README.md alone) is nothing to come back to.
    before = previous(out) if written(out) else old
    _carry_over(out, part)
    if out.exists():
        if before.exists():
            _rename(before, old)
        _rename(out, before)  # Windows refuses while a program has one of its files open: `_repair` then undoes the first
    try:
        _rename(part, out)
    except OSError:
        if before.exists():
            _rename(before, out)
        raise
    _flush_folder(out.parent)


def _repair(out: Path) -> None:
    """Every state in which `_put_in_place` and `restore` can be stopped, brought to an old or a new result."""
    before, parts, olds = previous(out), _siblings(out, "part"), _siblings(out, "old")
    if not out.exists():
        finished = [part for part in parts if whole(part)]
        if finished:
            _rename(finished[0], out)
        elif olds:
            _rename(olds[-1], out)
    olds = _siblings(out, "old")
    results = [old for old in olds if written(old)]
    if results and out.exists() and not before.exists():
        _rename(results[-1], before)
    for left in [*parts, *olds]:
        shutil.rmtree(left, ignore_errors=True)


def _siblings(out: Path, kind: str) -> list[Path]:
    name = re.compile(rf"{re.escape(out.name)}\.{kind}-{_ID}")
    try:
        return sorted(path for path in out.parent.iterdir() if name.fullmatch(path.name) and path.is_dir())
    except OSError:
        return []


def _carry_over(source: Path, target: Path) -> None:
    if (source / CARRIED_OVER).is_file():
        shutil.copyfile(source / CARRIED_OVER, target / CARRIED_OVER)


def _refusals_of_place(out: Path) -> list[Fault]:
    at = Place(str(out))
    if not out.name:
        return [Fault("output-whole-disk", at)]
    if out.exists() and not out.is_dir():
        return [Fault("output-not-folder", at)]
    if result := next((folder for folder in out.parents if written(folder)), None):
        return [Fault("output-inside-result", at, str(result))]
    if out.name.endswith(".previous") and written(out.with_name(out.name.removesuffix(".previous"))):
        return [Fault("output-previous", at, out.name.removesuffix(".previous"))]
    nearest = next(folder for folder in (out, *out.parents) if folder.exists())
    # The folder itself is renamed: that, too, needs leave to write beside it.
    for folder in {nearest, out.parent if out.parent.exists() else nearest}:
        refused = _refuses(folder)
        if refused:
            return [Fault("output-read-only", at, refused)]
    return []


def _refuses(folder: Path) -> str:
    """What the system says when a file is made in ``folder``; empty if it lets us. Asking it is surer than modes."""
    probe = folder / f".envgis-{fresh_id()}"
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _refusals_of_content(out: Path) -> list[Fault]:
    faults = []
    for folder in (out, previous(out)):
        names = extra_files(folder) if folder.is_dir() else []
        if names:
            faults.append(Fault("output-foreign", Place(str(folder)), _shown(names), {"count": len(names)}))
    return faults


def _shown(names: list[str]) -> str:
    return ", ".join([*names[:5], "…"] if len(names) > 5 else names)


def _stop(faults: list[Fault]) -> None:
    if faults:
        raise BadInput(faults)


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """No other run may use ``out``. The system frees the lock of a process that ends, however it ends."""
    with told(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out.with_name(f".{out.name}.lock"), timeout=1)
        try:
            lock.acquire()
        except Timeout:
            raise BadInput([Fault("output-busy", Place(str(out)))]) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def told(path: Path, *libraries: type[Exception]) -> Iterator[None]:
    """Turn the system's refusal to write ``path`` into a fault; also where a library tells of it by an error of its own.

    Raises BadInput in place of an OSError with a number, or of ``libraries``.
    """
    try:
        yield
    except libraries as error:
        full = isinstance(error, OSError) and error.errno in _FULL
        raise BadInput([Fault("output-disk-full" if full or _is_full(path) else "output-write-failed", Place(str(path)), str(error))]) from error
    except OSError as error:
        if error.errno is None:  # not the system's word but a library's
            raise
        code = "output-disk-full" if error.errno in _FULL else "output-in-use" if error.errno in _DENIED else "output-write-failed"
        raise BadInput([Fault(code, Place(str(path)), error.strerror or str(error))]) from error


def _is_full(path: Path) -> bool:
    nearest = next(folder for folder in path.resolve().parents if folder.exists())
    return shutil.disk_usage(nearest).free < _SOME_ROOM


def _rename(source: Path, target: Path) -> None:
    for attempt in range(_RETRIES):
        try:
            source.replace(target)
            return
        except PermissionError:
            # Windows: virus scanners hold fresh files for a moment.
            if os.name != "nt" or attempt == _RETRIES - 1:
                raise
            time.sleep(0.2 * 2**attempt)


def _flush(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some network file systems cannot
    finally:
        os.close(handle)
