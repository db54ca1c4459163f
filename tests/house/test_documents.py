"""What the documents show exists: commands, options, files."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path

import click
import pytest

from dockworthy.cli.program import program

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *(
        ROOT / name
        for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "changes/README.md", "examples/shop/README.md")
    ),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def shown_commands() -> list[str]:
    """Each line of a document's code that calls dockworthy, from the program's name on."""
    lines = (line for document in DOCUMENTS for line in document.read_text().splitlines())
    code = (line.strip() for line in lines if line.startswith("    "))
    calls = (re.search(r"(?:^|/|\s)dockworthy ([a-z]+ ?.*)$", line) for line in code if "git " not in line)
    # A comment stands behind #, or in --help behind two spaces.
    return list(dict.fromkeys(re.split(r" #|\s{2,}", call[1])[0].strip() for call in calls if call))


def test_there_are_commands_to_check() -> None:
    assert len(shown_commands()) >= 5


@pytest.mark.parametrize("line", shown_commands())
def test_a_shown_command_can_be_called(line: str) -> None:
    command: click.Command | None = program
    words = shlex.split(line)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):  # or options of the group
        command, name = command.get_command(click.Context(command), words[0]), words.pop(0)
        assert command is not None, f"no command {name}"
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    if not command.context_settings.get(
        "allow_interspersed_args", True
    ):  # what follows the first word is another program's line
        words = list(itertools.takewhile(lambda word: word.startswith("-"), words))
    options = [word.split("=")[0] for word in words if word.startswith("-") and word != "-"]
    assert set(options) <= known


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs/README.md").read_text()
    pages = [path.name for path in (ROOT / "docs").glob("*.md") if path.name != "README.md"]
    assert [name for name in pages if f"]({name})" not in index] == []


def test_the_architecture_names_what_exists() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    named = re.findall(r"`((?:src|setup)[\w./]*)`", page)
    assert len(named) >= 40
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_architecture_names_every_package() -> None:
    """In the order of the layers that import-linter checks."""
    page = (ROOT / "docs/architecture.md").read_text()
    packages = {path.name for path in (ROOT / "src/dockworthy").iterdir() if (path / "__init__.py").exists()}
    assert [name for name in sorted(packages) if f"`{name}`" not in page] == []


def named_files() -> list[str]:
    """The files and folders of the source that docs/architecture.md names: in full, from src/dockworthy on, or by the
    file's name alone, beside one that was named before."""
    text = (ROOT / "docs/architecture.md").read_text()
    return re.findall(r"`([\w./-]+\.(?:py|sh|j2|js)|[\w./-]+/[\w./-]+)`", text)


def test_the_architecture_names_files() -> None:
    assert len(named_files()) > 50


@pytest.mark.parametrize("name", sorted(set(named_files())))
def test_a_file_that_the_architecture_names_is_there(name: str) -> None:
    there = [ROOT / name, ROOT / "src/dockworthy" / name]
    assert any(each.exists() for each in there) or ("/" not in name and any((ROOT / "src").rglob(name)))
