"""What `$NAME` in a project stands for, and where that is written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from msgspec import Struct

from ...model.field import Source
from ..files import FoundFile
from .dotenv import read_dotenv
from .paths import as_written_here


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
