"""`extends`: a service that builds on another one, of this file or of another."""

from __future__ import annotations

import os
from typing import Final

from ...errors import UnreadableInput
from .entry import Entry
from .loading import Files
from .merging import inherited, merged, number_of_values

DEEPEST: Final = 32


class Extending:
    """Services with all that they inherit; each is worked out once."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._done: dict[tuple[str, str], Entry] = {}

    def whole(self, document: Entry, name: str, under_way: tuple[Entry, ...] = ()) -> Entry:
        """The service `name` of a file. Raises UnreadableInput for a circle, with both places."""
        known = (document.source.where, name)
        if known not in self._done:
            service = document.mapping()["services"].mapping()[name]
            extends = service.get("extends") if service.is_mapping else None
            self._done[known] = service if extends is None else self._over(document, service, extends, under_way)
        return self._done[known]

    def _over(self, document: Entry, service: Entry, extends: Entry, under_way: tuple[Entry, ...]) -> Entry:
        for earlier in under_way:
            if earlier is extends:
                last = under_way[-1].source
                says = f"`extends` goes in a circle: {earlier.source} comes back to itself by {last}"
                raise UnreadableInput(says, file=extends.source.where, line=extends.source.line)
        if len(under_way) > DEEPEST:
            says = f"`extends` goes more than {DEEPEST} services deep"
            raise UnreadableInput(says, file=extends.source.where, line=extends.source.line)
        base = self._base(document, extends, (*under_way, extends))
        self._files.count(number_of_values(base), extends.source)
        own = Entry(
            {key: value for key, value in service.mapping().items() if key != "extends"},
            service.source,
            key=service.key,
        )
        return merged(inherited(base, extends.source), own)

    def _base(self, document: Entry, extends: Entry, under_way: tuple[Entry, ...]) -> Entry:
        if extends.gap is not None:
            raise UnreadableInput(
                extends.gap.reason, file=extends.source.where, line=extends.source.line, hint=extends.gap.tell
            )
        named = extends.word("service") if extends.is_mapping else extends.text()
        file = extends.get("file") if extends.is_mapping else None
        if file is not None:
            path = os.path.join(self._files.folder_of(file.source), file.text())
            document = self._files.load(path, file)
        services = document.get("services")
        if services is None or services.get(named) is None:
            says = f"{document.source.where} has no service {named!r} to extend"
            raise UnreadableInput(says, file=extends.source.where, line=extends.source.line)
        return self.whole(document, named, under_way)
