"""Compose files as the tests read them: from a folder, or from a text."""

from __future__ import annotations

from pathlib import Path

from dockworthy.model.field import Set
from dockworthy.model.workload import Container, Unit
from dockworthy.readers.compose.project import read_compose
from dockworthy.readers.yaml_source import documents


def read(folder: Path, name: str = "compose.yaml", **variables: str) -> dict[str, Unit]:
    path = folder / name
    (document,) = documents(path.read_text(), str(path))
    return {unit.name: unit for unit in read_compose(document, environ=variables, folder=folder)}


def parsed(text: str, **variables: str) -> Container:
    (document,) = documents(text, "compose.yaml")
    return read_compose(document, environ=variables, folder=Path("/nonexistent"))[0].containers[0]


def written(folder: Path, **files: str) -> None:
    """`a__b="…"` is the file `a/b.yaml`."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def image_of(unit: Unit) -> str:
    image = unit.containers[0].image
    assert isinstance(image, Set), image
    return image.value
