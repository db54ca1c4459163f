"""Files as texts: what is judged, what lies beside it, what a folder holds besides, and what builds take in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from msgspec import structs

from ..errors import UnreadableInput
from ..input_files import is_file
from ..model.build import ImageBuild
from ..model.field import Source, source_of
from ..model.text_file import SecretKind, TextFile, WrittenSecret
from ..model.workload import Unit
from .build_contexts import BuildContext, contexts_of
from .files import STANDARD_INPUT, FoundFile, identity
from .git_ignored import is_ignored

_KEYS = (SecretKind.PRIVATE_KEY, SecretKind.LOCKED_KEY)

SecretsIn = Callable[[str, str], tuple[WrittenSecret, ...]]
"""(text, name) -> the secrets that stand in it."""


class TextFiles:
    """Gathers them while files are read. Only those of which there is something to say are kept.

    A secret counts where it spreads: in a file that is judged, and in a repository in any that Git does not ignore.
    """

    def __init__(self, secrets_in: SecretsIn) -> None:
        self._secrets_in = secrets_in
        self._files: dict[object, TextFile] = {}
        self._contexts: dict[BuildContext, None] = {}
        self._looked_at: set[object] = set()

    def look_at(self, found: FoundFile) -> None:
        """Raises UnreadableInput."""
        same = found.name if found.piped else identity(found.path)
        if same in self._looked_at:
            return
        self._looked_at.add(same)
        secrets = self._secrets_in(found.text(), found.name)
        if secrets and (found.judged or not is_ignored(found.path)):
            self._keep(same, TextFile(id=found.name, source=Source(found.name), secrets=secrets))
        if found.judged and found.path != "-":
            self._contexts |= dict.fromkeys(contexts_of(found))
            self._look_beside(found)

    def _look_beside(self, found: FoundFile) -> None:
        """`.env`, from which Compose takes what its file leaves open."""
        beside = os.path.join(os.path.dirname(found.name), ".env")
        if found.named_by_user and found.name != STANDARD_INPUT and is_file(beside):
            try:
                self.look_at(FoundFile(beside, beside, False, judged=False))
            except UnreadableInput:
                return  # whoever reads the Compose file says so

    def all(self) -> tuple[TextFile, ...]:
        """Those with secrets, and those that builds take in."""
        for context in self._contexts:
            for name, sending in context.credentials():
                known = self._files.get(identity(name)) or TextFile(id=name, source=Source(name))
                if self._holds_secret(name) and sending not in known.sent_by:
                    self._keep(identity(name), structs.replace(known, sent_by=(*known.sent_by, sending)))
        return tuple(self._files.values())

    def _holds_secret(self, name: str) -> bool:
        try:
            return bool(self._secrets_in(FoundFile(name, name, False).text(), name))
        except UnreadableInput:
            return False

    def _keep(self, same: object, file: TextFile) -> None:
        self._files[same] = file


def without_told(files: Iterable[TextFile], units: Iterable[Unit], builds: Iterable[ImageBuild]) -> Iterator[TextFile]:
    """The files without secrets of which the controls on services and image builds speak: one fault, one finding."""
    told = {(source.where, source.line) for unit in units for source in _told_by(unit)}
    built = {build.source.where for build in builds}
    for file in files:
        left = tuple(
            secret
            for secret in file.secrets
            if secret.kind in _KEYS or ((file.id, secret.source.line) not in told and file.id not in built)
        )
        if left or file.sent_by:
            yield structs.replace(file, secrets=left)


def _told_by(unit: Unit) -> Iterator[Source]:
    for container in unit.containers:
        yield from container.environment_lines.values()
        yield from filter(None, (source_of(container.environment), source_of(container.command)))
