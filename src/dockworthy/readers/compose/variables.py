"""What `$NAME` in a project stands for, and where that is written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from ...errors import UnreadableInput
from ...model.field import Source
from ...model.pattern import lazy_pattern
from ..files import FoundFile
from ..yaml_source import Value
from .dotenv import read_dotenv
from .interpolation import interpolate
from .paths import as_written_here

_NO_LETTER_OF_A_NAME: Final = lazy_pattern(r"[^-_a-z0-9]")


class Variables(Struct, frozen=True):
    """`places`: for those that an env file gives a value, its line."""

    values: Mapping[str, str]
    places: Mapping[str, Source] = {}

    def with_default(self, name: str, value: str) -> Variables:
        return Variables({name: value, **self.values}, self.places)


def with_env_files(outer: Variables, paths: Iterable[str]) -> Variables:
    """`outer` outranks the files, and a later file the earlier; one that is not there says nothing.

    Raises UnreadableInput where one is no text.
    """
    values: dict[str, str] = {}
    places: dict[str, Source] = {}
    for path in paths:
        if not os.path.isfile(path):
            continue
        name = as_written_here(path)
        for variable, found in read_dotenv(FoundFile(name, path, True).text(), outer.values).items():
            values[variable] = found.value
            places[variable] = Source(name, variable, found.line)
    places = {name: place for name, place in places.items() if name not in outer.values}
    return Variables({**values, **outer.values}, {**places, **outer.places})


def with_project_name(variables: Variables, files: Sequence[Value], folder: str) -> Variables:
    """`COMPOSE_PROJECT_NAME`, where nothing sets it: the last `name:` of the files, else the folder's name."""
    named = [name for name in (file.get("name") for file in files) if name is not None]
    try:
        written = interpolate(named[-1].scalar_text(), variables.values).text if named else ""
    except (UnreadableInput, ValueError):  # said where the value itself is read
        written = ""
    name = written or _NO_LETTER_OF_A_NAME.sub("", os.path.basename(folder).lower()).lstrip("-_")
    return variables.with_default("COMPOSE_PROJECT_NAME", name)
