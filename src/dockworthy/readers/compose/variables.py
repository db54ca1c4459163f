"""What `$NAME` in a project stands for, and where that is written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct, field, structs

from ...errors import UnreadableInput
from ...input_files import is_file, refusal
from ...model.field import Source
from ...model.pattern import lazy_pattern
from ..files import FoundFile
from ..yaml_source import Value
from .dotenv import Assignment, AssignmentTooLarge, read_dotenv
from .interpolation import Growth, interpolate
from .paths import as_written_here

_NO_LETTER_OF_A_NAME: Final = lazy_pattern(r"[^-_a-z0-9]")


class Variables(Struct, frozen=True):
    """`places`: for those that an env file gives a value, its line. `unseen`: those that have a value which may not be
    seen -> why. `unread`: why a file that may give a value to all others was not read. `growth`: what a project's
    values have grown to by now; variables made of these count on.
    """

    values: Mapping[str, str]
    places: Mapping[str, Source] = {}
    unseen: Mapping[str, str] = {}
    unread: str = ""
    growth: Growth = field(default_factory=Growth)

    def with_default(self, name: str, value: str) -> Variables:
        return structs.replace(self, values={name: value, **self.values})

    def hidden(self, name: str) -> str:
        """Why the value of a variable may not be seen; "" where it may, or where it has none."""
        return self.unseen.get(name) or ("" if name in self.values else self.unread)


FROM_ENVIRONMENT: Final = "from the environment"


def environment_of(environ: Mapping[str, str], *, trusted: bool) -> Variables:
    """The process's variables; where files of somebody else are read, only that there are such."""
    return Variables(environ) if trusted else Variables({}, unseen=dict.fromkeys(environ, FROM_ENVIRONMENT))


def with_env_files(outer: Variables, paths: Iterable[str]) -> Variables:
    """`outer` outranks the files, and a later file the earlier; one that is not there says nothing.

    Raises UnreadableInput where one is no text, and where its values grow too large.
    """
    values: dict[str, str] = {}
    places: dict[str, Source] = {}
    unseen: dict[str, str] = {}
    unread = outer.unread
    for path in paths:
        name = as_written_here(path)
        if why := refusal(path):
            unread = f"it may be set in {name}: {why}"
        if not is_file(path):
            continue
        for variable, found in read_env_file(FoundFile(name, path, True).text(), name, outer).items():
            values[variable] = found.value
            places[variable] = Source(name, variable, found.line)
            unseen[variable] = found.hidden
    known = {*outer.values, *outer.unseen}
    places = {name: place for name, place in places.items() if name not in known}
    unseen = {name: why for name, why in unseen.items() if why and name not in outer.values}
    return Variables(
        {**values, **outer.values}, {**places, **outer.places}, {**unseen, **outer.unseen}, unread, outer.growth
    )


def read_env_file(text: str, name: str, outer: Variables) -> dict[str, Assignment]:
    """What the env file called `name` says. Raises UnreadableInput with the line where its values grow too large."""
    try:
        return read_dotenv(text, outer.values, outer.hidden, outer.growth)
    except AssignmentTooLarge as error:
        raise UnreadableInput(f"{error.variable}: {error}", file=name, line=error.line) from None


def with_project_name(variables: Variables, files: Sequence[Value], folder: str) -> Variables:
    """`COMPOSE_PROJECT_NAME`, where nothing sets it: the last `name:` of the files, else the folder's name."""
    named = [name for name in (file.get("name") for file in files) if name is not None]
    try:
        written = interpolate(named[-1].scalar_text(), variables.values, variables.hidden).text if named else ""
    except (UnreadableInput, ValueError):  # said where the value itself is read
        written = ""
    name = written or _NO_LETTER_OF_A_NAME.sub("", os.path.basename(folder).lower()).lstrip("-_")
    return variables.with_default("COMPOSE_PROJECT_NAME", name)
