"""Write the reference pages, or with --check say whether they are stale: commands (here) and settings (`settings_page`).

    python scripts/make_reference.py [--check]

It runs in the environment that scripts/test.py makes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import settings_page

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = {"en": "commands.md", "es": "comandos.md"}
SETTINGS = {"en": "settings.md", "es": "ajustes.md"}
HEADS = {
    "en": "# Commands\n\nThe help of every command, as `envgis COMMAND --help` prints it; written by `scripts/make_reference.py`.\n",
    "es": "# Comandos\n\nLa ayuda de cada comando, como la muestra `envgis COMANDO --help`; la escribe `scripts/make_reference.py`.\n",
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


def commands(language: str) -> str:
    """The help of every command in one language."""
    environment = {**os.environ, "ENVGIS_LANG": language, "PYTHONUTF8": "1"}
    said = subprocess.run([sys.executable, "-c", _PRINT], capture_output=True, text=True, encoding="utf-8", env=environment, cwd=ROOT, check=True)
    parts = [HEADS[language]]
    for one in said.stdout.split("\f")[1:]:
        name, _, text = one.partition("\n")
        parts.append(f"\n## {name}\n\n```\n{text.strip()}\n```\n")
    return "".join(parts)


def pages() -> dict[Path, str]:
    """Every page as it would be written now."""
    told = {ROOT / "docs" / name: commands(language) for language, name in COMMANDS.items()}
    return told | {ROOT / "docs" / name: settings_page.page(language) for language, name in SETTINGS.items()}


def main() -> int:
    """Exit code: 1 if ``--check`` finds a stale page."""
    old = {path: text for path, text in pages().items() if not path.is_file() or path.read_text(encoding="utf-8") != text}
    for path, text in old.items():
        if "--check" in sys.argv[1:]:
            print(f"{path.relative_to(ROOT)} is stale: run python scripts/make_reference.py")
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(path.relative_to(ROOT))
    return 1 if old and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
