"""One Compose service as the tests write and read it, line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dockworthy.model.field import Set
from dockworthy.model.workload import Container, Unit
from dockworthy.readers.compose.project import read_compose
from dockworthy.readers.yaml_source import documents

HERE = Path("/srv/shop")
HOME = {"HOME": "/home/ann"}


def read(text: str, **variables: str) -> list[Unit]:
    (document,) = documents(text, "compose.yaml")
    return read_compose(document, environ={**HOME, **variables}, folder=HERE)


def web(*lines: str, **variables: str) -> Unit:
    """The one service of a file in which each line is one of its keys; the first stands in line 3."""
    text = "\n".join(["services:", "  web:", *(f"    {line}" for line in lines)])
    return read(text, **variables)[0]


def container(*lines: str, **variables: str) -> Container:
    return web(*lines, **variables).containers[0]


def value(field: Any) -> Any:
    assert isinstance(field, Set), field
    return field.value
