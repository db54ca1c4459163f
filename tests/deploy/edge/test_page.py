"""What docs/edge.md shows is understood, and every key of a route stands there."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from dockworthy.model.deploy_settings import Route
from dockworthy.readers.project_file import parse_project_file

_PAGE = (Path(__file__).parents[3] / "docs" / "edge.md").read_text()


def test_the_example_is_understood() -> None:
    example = re.findall(r"```yaml\n(.*?)```", _PAGE, re.DOTALL)[0]
    assert len(parse_project_file(example, "docs/edge.md").deploy.routes) == 3


def test_every_key_of_a_route_stands_there() -> None:
    named = set(re.findall(r"`([a-z_]+)`|\b([a-z_]+):", _PAGE))
    words = {word for pair in named for word in pair}
    assert {field.name for field in msgspec.structs.fields(Route)} - words == set()
