"""Write docs/commands.md and docs/comandos.md, the help of every command, or with --check say whether they are stale.

    python scripts/make_command_reference.py [--check]

It runs in the environment that scripts/test.py makes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"en": ROOT / "docs" / "commands.md", "es": ROOT / "docs" / "comandos.md"}
HEADS = {
    "en": "# Commands\n\nThe help of every command, as `envgis COMMAND --help` prints it; written by `scripts/make_command_reference.py`.\n",
    "es": "# Comandos\n\nLa ayuda de cada comando, como la muestra `envgis COMANDO --help`; la escribe `scripts/make_command_reference.py`.\n",
}
# Prints the help of every command, one after another, in the language of the process.
_PRINT = """
from envgis.cli import COMMANDS, group
from envgis.cli.terminal import Context
for words in ([], *([name] for name in COMMANDS)):
    context = Context(group, info_name="envgis", terminal_width=100, max_content_width=100)
    command = group
    for word in words:
        command = group.get_command(context, word)
        context = Context(command, info_name=word, parent=context, terminal_width=100, max_content_width=100)
    print("\\f" + " ".join(["envgis", *words]))
    print(command.get_help(context))
"""


def page(language: str) -> str:
    """The whole reference in one language."""
    environment = {**os.environ, "ENVGIS_LANG": language, "PYTHONUTF8": "1"}
    said = subprocess.run([sys.executable, "-c", _PRINT], capture_output=True, text=True, encoding="utf-8", env=environment, cwd=ROOT, check=True)
    parts = [HEADS[language]]
    for one in said.stdout.split("\f")[1:]:
        name, _, text = one.partition("\n")
        parts.append(f"\n## {name}\n\n```\n{text.strip()}\n```\n")
    return "".join(parts)


def stale() -> list[Path]:
    """The pages that are not as they would be written now."""
    return [path for language, path in PAGES.items() if not path.is_file() or path.read_text(encoding="utf-8") != page(language)]


def main() -> int:
    """Exit code: 1 if ``--check`` finds a stale page."""
    old = stale()
    if "--check" in sys.argv[1:]:
        for path in old:
            print(f"{path.relative_to(ROOT)} is stale: run python scripts/make_command_reference.py")
        return 1 if old else 0
    for language, path in PAGES.items():
        path.write_text(page(language), encoding="utf-8", newline="\n")
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
