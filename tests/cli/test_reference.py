"""The pages that come from code are those of the code; every command is documented, and teaches."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from dockworthy.cli import exit_status, program, reference
from dockworthy.controls.registry import all_controls
from dockworthy.errors import DockworthyError

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = program.COMMANDS


def command(name: str) -> click.Command:
    found = program.program.get_command(click.Context(program.program), name)
    assert found is not None
    return found


@pytest.mark.parametrize("page", reference.pages())
def test_no_drift(page: str) -> None:
    assert (DOCS / page).read_bytes() == reference.pages()[page], "run: python -m dockworthy.cli.reference docs"


def test_a_page_for_each_command() -> None:
    page = (DOCS / "commands.md").read_text()
    assert [name for name in COMMANDS if f"## dockworthy {name}\n" not in page] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_teaches(name: str) -> None:
    shown = command(name)
    assert shown.help is not None
    assert "Examples:" in shown.help
    assert shown.short_help
    assert all(option.help for option in shown.params if isinstance(option, click.Option))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_80_columns(name: str) -> None:
    page = (DOCS / "commands.md").read_text().splitlines()
    assert [line for line in page if len(line) > 80 and not line.startswith("<!--")] == []


def test_every_command_file_is_a_command() -> None:
    here = Path(program.__file__).parent
    files = {path.stem for path in here.glob("*.py")} | {path.parent.name for path in here.glob("*/__init__.py")}
    rooms = {"__init__", "exit_status", "interruption", "options", "output", "program", "project", "reference", "run"}
    rooms |= {"agreeing", "deploying", "difference", "fix_asked", "fix_undo", "fix_verify", "fleet", "fleet_facts"}
    rooms |= {"formats", "known", "since", "lazy_group", "show", "timed", "restore_on"}
    assert files - rooms == set(COMMANDS)


def test_every_error_has_a_row_in_the_table() -> None:
    errors = [DockworthyError]
    for error in errors:
        errors += error.__subclasses__()
    statuses = {error.exit_status for error in errors}
    assert statuses <= {int(status) for status in exit_status.MEANINGS}
    assert set(exit_status.MEANINGS) == set(exit_status.ExitStatus)


def test_write(tmp_path: Path) -> None:
    reference.write(tmp_path, all_controls().values())
    assert (tmp_path / "schema" / "result-1.json").read_bytes() == reference.pages()["schema/result-1.json"]
