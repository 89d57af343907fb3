"""``envgis.toml`` on the disk."""

from __future__ import annotations

from pathlib import Path

from envgis.faults import BadInput, Fault, Place
from envgis.workspace import FILE, Workspace, parse


def read_workspace(folder: Path) -> Workspace:
    """The workspace of ``folder``. Raises BadInput with every fault: no folder, no file, not UTF-8, and what `parse` finds.

    A file in the folder's place is told with the folder in which it lies.

    >>> read_workspace(workspace).workspace.name
    'Dos municipios'
    >>> read_workspace(workspace / "none")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    envgis.faults.BadInput: workspace-no-folder (-): ...
    """
    try:
        found, is_file = folder.is_dir(), folder.is_file()
    except OSError:  # a name longer than any
        found, is_file = False, False
    if is_file:
        raise BadInput([Fault("workspace-is-file", found=str(folder), values={"folder": str(folder.parent)})])
    if not found:
        raise BadInput([Fault("workspace-no-folder", found=str(folder))])
    try:
        content = (folder / FILE).read_bytes()
    except OSError:
        raise BadInput([Fault("workspace-missing", found=str(folder))]) from None
    try:
        # Notepad puts a byte-order mark before the first letter.
        return parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadInput([Fault("workspace-encoding", Place(FILE))]) from None
