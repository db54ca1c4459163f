"""The reference pages that come from code: commands, exit status, schemas, every control, and the benchmarks' table.

`python -m dockworthy.cli.reference docs` writes them; a test fails where they differ from the code.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..controls.registry import all_controls
from ..guard.routes.page import routes_page
from ..policy.reference import policy_page
from ..report.json_schema import published_schemas
from ..report.pages import write_pages
from .exit_status import MEANINGS
from .program import COMMANDS, program

WIDTH = 80

WRITTEN_BY = "<!-- written by `python -m dockworthy.cli.reference docs`; change the code, not this page -->"


def pages() -> dict[str, bytes]:
    """Path under docs -> content."""
    schemas = {f"schema/{name}": content for name, content in published_schemas().items()}
    return {
        "commands.md": _commands().encode(),
        "exit-status.md": _exit_status().encode(),
        "policy.md": policy_page(WRITTEN_BY).encode(),
        "guard-requests.md": routes_page(WRITTEN_BY).encode(),
        **schemas,
    }


def _commands() -> str:
    parts = ["# Commands", "", WRITTEN_BY, "", "```", _help("dockworthy", program), "```", ""]
    for name in COMMANDS:
        command = program.get_command(click.Context(program), name)
        assert command is not None, f"{name} has no command"
        parts += [f"## dockworthy {name}", "", "```", _help(f"dockworthy {name}", command), "```", ""]
        for inner in _inner(command):
            path = f"{name} {inner.name}"
            parts += [f"### dockworthy {path}", "", "```", _help(f"dockworthy {path}", inner), "```", ""]
    return "\n".join(parts)


def _inner(command: click.Command) -> list[click.Command]:
    if not isinstance(command, click.Group):
        return []
    context = click.Context(command)
    return [each for name in command.list_commands(context) if (each := command.get_command(context, name))]


def _help(path: str, command: click.Command) -> str:
    context = click.Context(
        command, info_name=path, terminal_width=WIDTH, help_option_names=["-h", "--help"], max_content_width=WIDTH
    )
    return command.get_help(context)


def _exit_status() -> str:
    rows = [f"| {int(status)} | {meaning} |" for status, meaning in MEANINGS.items()]
    text = (
        "What is known to be wrong outranks what is unknown: 1, not 3. An input that could not be read gives 2,\n"
        "whatever the others say: they are judged and shown all the same."
    )
    return "\n".join(["# Exit status", "", WRITTEN_BY, "", "| status | means |", "|---|---|", *rows, "", text, ""])


def write(docs: Path) -> None:
    """Writes every page under `docs`, and removes those of controls that are no more."""
    write_pages(docs, all_controls().values())
    for name, content in pages().items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python -m dockworthy.cli.reference DOCS (a folder that exists)")
    write(Path(sys.argv[1]))
