"""The reference pages that come from code: commands, exit status, schemas, every control, and the benchmarks' table.

`python -m dockworthy.cli.reference docs` writes them and the index of the controls; a test fails where they differ from
the code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from .. import __version__
from ..controls.collecting import INDEX, gathered, index_text
from ..guard.routes.page import routes_page
from ..model.control import Control
from ..policy.reference import policy_page
from ..report.json_schema import published_schemas
from ..report.pages import write_pages
from .exit_status import MEANINGS
from .program import program

WIDTH = 80

WRITTEN_BY = "<!-- written by `python -m dockworthy.cli.reference docs`; change the code, not this page -->"


def pages() -> dict[str, bytes]:
    """Path under docs -> content."""
    schemas = {f"schema/{name}": content for name, content in published_schemas().items()}
    return {
        "commands.md": _commands().encode(),
        "exit-status.md": _exit_status().encode(),
        "man/dockworthy.1": _man_page().encode(),
        "policy.md": policy_page(WRITTEN_BY).encode(),
        "guard-requests.md": routes_page(WRITTEN_BY).encode(),
        **schemas,
    }


def _commands() -> str:
    parts = ["# Commands", "", WRITTEN_BY, "", "```", _help("dockworthy", program), "```", ""]
    for path, command in _every_command():
        heading = "#" * (path.count(" ") + 1)
        parts += [f"{heading} {path}", "", "```", _help(path, command), "```", ""]
    return "\n".join(parts)


def _every_command() -> list[tuple[str, click.Command]]:
    """(the words that call it, command): each command, and behind a group its own commands."""
    every: list[tuple[str, click.Command]] = []
    for name, command in _inner(program):
        every.append((f"dockworthy {name}", command))
        every += [(f"dockworthy {name} {inner}", each) for inner, each in _inner(command)]
    return every


def _inner(command: click.Command) -> list[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        return []
    context = click.Context(command)
    return [(name, each) for name in command.list_commands(context) if (each := command.get_command(context, name))]


def _help(path: str, command: click.Command) -> str:
    context = click.Context(
        command, info_name=path, terminal_width=WIDTH, help_option_names=["-h", "--help"], max_content_width=WIDTH
    )
    return command.get_help(context)


def _man_page() -> str:
    """One page in roff (man-pages(7)): the same help as `--help` prints, so that nothing is told in two ways. It
    holds no date, for that would change without a change of the program."""
    parts = [
        f'.TH DOCKWORTHY 1 "" "dockworthy {__version__}" "User Commands"',
        ".SH NAME",
        f"dockworthy \\- {_roff(program.get_short_help_str(limit=WIDTH))}",
        ".SH SYNOPSIS",
        ".B dockworthy\n.RI [ OPTIONS ]\n.I COMMAND\n.RI [ ARGUMENTS ]",
        ".SH DESCRIPTION",
        _preformatted(_help("dockworthy", program)),
        ".SH COMMANDS",
    ]
    for path, command in _every_command():
        parts += [f'.SS "{path}"', _preformatted(_help(path, command))]
    parts += [
        ".SH FILES",
        ".TP\n.I dockworthy.yaml",
        "What you intend, what you accept, and how a project is deployed. dockworthy looks for it beside the Compose"
        " file, then in each folder above.",
        ".TP\n.I /var/lib/dockworthy",
        "Release records, the edge's state and certificates.",
    ]
    return "\n".join(parts) + "\n"


def _preformatted(text: str) -> str:
    return "\n".join([".nf", *(_roff(line) for line in text.splitlines()), ".fi"])


def _roff(line: str) -> str:
    """A line as roff prints it: no escape of the text is roff's, and no line is a request."""
    escaped = line.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def _exit_status() -> str:
    rows = [f"| {int(status)} | {meaning} |" for status, meaning in MEANINGS.items()]
    text = (
        "What is known to be wrong outranks what is unknown: 1, not 3. An input that could not be read gives 2,\n"
        "whatever the others say: they are judged and shown all the same."
    )
    return "\n".join(["# Exit status", "", WRITTEN_BY, "", "| status | means |", "|---|---|", *rows, "", text, ""])


def write(docs: Path, controls: Iterable[Control]) -> None:
    """Writes every page under `docs`, and removes those of controls that are no more."""
    write_pages(docs, controls)
    for name, content in pages().items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python -m dockworthy.cli.reference DOCS (a folder that exists)")
    try:
        there = gathered()
    except ValueError as error:
        sys.exit(str(error))
    INDEX.write_text(index_text(there))
    write(Path(sys.argv[1]), there.values())
