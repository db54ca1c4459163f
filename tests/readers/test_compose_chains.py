"""A value says by which way it came: an alias, `<<`, `extends`, a variable of an env file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from dockworthy.model.field import Field, Origin, Set, source_of
from dockworthy.model.workload import Container
from dockworthy.readers.compose.project import read_compose
from dockworthy.readers.compose.variables import read_raw
from dockworthy.readers.yaml_source import documents


def container(folder: Path, text: str, **environ: str) -> Container:
    """The last service of `text`, read as `compose.yaml` of the folder."""
    (document,) = documents(text, str(folder / "compose.yaml"))
    return read_compose(document, environ=environ, folder=folder)[-1].containers[0]


def places(field: Field[Any]) -> list[tuple[str, int | None]]:
    found, source = [], source_of(field)
    while source is not None:
        found.append((os.path.basename(source.where), source.line))
        source = source.via
    return found


TEXT = """\
x-yes: &yes
  - NET_ADMIN
x-base: &base
  privileged: true
services:
  web:
    <<: *base
    image: shop
    cap_add: *yes
    cap_drop: [ALL]
"""


def test_aliases_and_merges_name_the_place_where_they_are_used(tmp_path: Path) -> None:
    found = container(tmp_path, TEXT)
    assert places(found.privileged) == [("compose.yaml", 4), ("compose.yaml", 7)]
    assert places(found.capabilities_add) == [("compose.yaml", 1), ("compose.yaml", 9)]
    assert places(found.capabilities_drop) == [("compose.yaml", 10)]
    for field, origin in ((found.privileged, Origin.INHERITED), (found.capabilities_drop, Origin.WRITTEN)):
        assert isinstance(field, Set) and field.origin is origin


def test_what_is_extended_names_the_extends(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("services:\n  base:\n    image: shop\n    init: true\n")
    text = "services:\n  web:\n    read_only: true\n    extends: {file: base.yaml, service: base}\n"
    found = container(tmp_path, text)
    assert places(found.init) == [("base.yaml", 4), ("compose.yaml", 4)]
    assert places(found.read_only_root) == [("compose.yaml", 3)]


def test_a_variable_names_the_line_of_its_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# shop\nTAG=1.2\n")
    text = "services:\n  web:\n    image: shop:${TAG:-latest}\n"
    assert places(container(tmp_path, text).image) == [("compose.yaml", 3), (".env", 2)]
    assert places(container(tmp_path, text, TAG="2").image) == [("compose.yaml", 3)]  # the environment outranks it


def test_a_variable_of_an_env_file_names_its_line_there(tmp_path: Path) -> None:
    (tmp_path / "web.env").write_text("A=1\nB='2'\n")
    found = container(tmp_path, "services:\n  web:\n    image: shop\n    env_file: web.env\n    environment: {A: 3}\n")
    assert [(name, line.line, line.via and line.via.line) for name, line in found.environment_lines.items()] == [
        ("A", 5, None),
        ("B", 4, 2),
    ]


@pytest.mark.parametrize(
    ("format_", "value"), [("format: raw", "'$A' # no comment"), ("required: true", "$A"), ("format: ''", "$A")]
)
def test_a_raw_env_file_is_taken_as_it_is(tmp_path: Path, format_: str, value: str) -> None:
    (tmp_path / "web.env").write_text("B='$A' # no comment\n")
    text = f"services:\n  web:\n    image: shop\n    env_file: [{{path: web.env, {format_}}}]\n"
    environment = container(tmp_path, text).environment
    assert isinstance(environment, Set) and environment.value == {"B": value}


def test_lines_of_a_raw_file_that_assign_nothing_are_left_out() -> None:
    assert {name: (found.value, found.line) for name, found in read_raw("# A=1\n\nB=2=3\nC\n").items()} == {
        "B": ("2=3", 3)
    }
