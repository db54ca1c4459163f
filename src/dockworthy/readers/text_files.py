"""Files as texts: what is judged, what lies beside it, what a folder holds besides, and what builds take in."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from ..errors import UnreadableInput
from ..input_files import is_file, read_start, refusal
from ..model.build import ImageBuild
from ..model.field import Source, source_of
from ..model.pattern import lazy_pattern
from ..model.text_file import SecretKind, Sending, TextFile, WrittenSecret
from ..model.workload import Unit
from .files import STANDARD_INPUT, FoundFile, identity
from .git_ignored import is_ignored, patterns_of
from .walking import BY_HABIT, NEVER
from .yaml_source import Value, documents

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


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


_MOST_ENTRIES = 20_000
_COPY = lazy_pattern(r"(?im)^[ \t]*(COPY|ADD)[ \t]+((?:\\\r?\n|[^\n])+)")
_CREDENTIALS = lazy_pattern(
    r"(?i)(?:\.env(?:rc)?(?:\..+)?|.+\.env|id_(?:rsa|dsa|ecdsa|ed25519)|.+\.(?:pem|key|ppk)|\.npmrc|\.pypirc|\.netrc"
    r"|\.git-credentials|\.pgpass|credentials(?:\.json)?|service[-_]?account.*\.json)\Z"
)
"""Files that are there to hold a secret; whether one does, its content says."""


class BuildContext(Struct, frozen=True):
    """A folder that is built from, and the Dockerfile that says what of it is taken. Names as a person writes them."""

    folder: str
    dockerfile: str

    def credentials(self) -> Iterator[tuple[str, Sending]]:
        """Files that hold secrets by their names and get into the image, each with the instruction that takes it."""
        copies = list(_copies(self.dockerfile))
        spec = _ignored(self) if copies else None
        for name in _files(self.folder) if copies else ():
            inside = os.path.relpath(name, self.folder).replace(os.sep, "/")
            taken = next((sending for sources, sending in copies if _covers(sources, inside)), None)
            if taken is not None and not (spec is not None and _leaves_out(spec, inside)):
                yield name, taken


def contexts_of(found: FoundFile) -> Iterator[BuildContext]:
    """Of the services of a Compose file that are built. What only a variable names is left out."""
    text = found.text()
    if re.search(r"\bbuild\b", text) is None or re.search(r"\bservices\b", text) is None:
        return
    with contextlib.suppress(UnreadableInput):  # whoever judges it has said so, or it is no Compose file
        yield from _contexts(found, text)


def _contexts(found: FoundFile, text: str) -> Iterator[BuildContext]:
    base = os.path.dirname(found.path) if found.path != "-" else ""
    for document in documents(text, found.name):
        services = document.get("services") if document.is_mapping else None
        for _, service in services.entries() if services is not None and services.is_mapping else ():
            build = service.get("build") if service.is_mapping else None
            named = _named(build) if build is not None else None
            if named is not None:
                folder = os.path.normpath(os.path.join(base, named[0]))
                yield BuildContext(folder, os.path.normpath(os.path.join(folder, named[1])))


def _named(build: Value) -> tuple[str, str] | None:
    """Context and Dockerfile as they are written; None where they are elsewhere, or not to be told."""
    context = build.get("context") if build.is_mapping else build
    dockerfile = build.get("dockerfile") if build.is_mapping else None
    names = [value.scalar_text() for value in (context, dockerfile) if value is not None]
    if any("$" in name or "://" in name or name.startswith("git@") for name in names):
        return None
    return (
        context.scalar_text() if context is not None else ".",
        dockerfile.scalar_text() if dockerfile else "Dockerfile",
    )


def _copies(dockerfile: str) -> Iterator[tuple[list[str], Sending]]:
    try:
        text = FoundFile(dockerfile, dockerfile, True).text()
    except UnreadableInput:
        return  # what it takes, nobody can tell
    for found in _COPY.finditer(text):
        words = re.sub(r"\\\r?\n", " ", found[2]).strip()
        if "--from=" in words or "<<" in words:
            continue
        parts = [part.strip('[]",') for part in words.split() if not part.startswith("--")]
        line = text.count("\n", 0, found.start()) + 1
        sources = [os.path.normpath(part.lstrip("/") or ".") for part in parts[:-1] if part]
        yield sources, Sending(f"{found[1].upper()} {' '.join(parts)}", Source(dockerfile, line=line))


def _covers(sources: list[str], inside: str) -> bool:
    return any(
        source == "." or inside == source or inside.startswith(f"{source}/") or _matches(source, inside)
        for source in sources
    )


def _matches(source: str, inside: str) -> bool:
    """A pattern of COPY goes by whole parts of a path, and `*` takes in names that begin with a dot."""
    patterns, parts = source.split("/"), inside.split("/")
    return "*" in source and len(patterns) <= len(parts) and all(map(fnmatch.fnmatchcase, parts, patterns))


def _ignored(context: BuildContext) -> GitIgnoreSpec | None:
    """The rules of `<Dockerfile>.dockerignore`, else of the context's own. All of them begin at the context's root."""
    for path in (f"{context.dockerfile}.dockerignore", os.path.join(context.folder, ".dockerignore")):
        if is_file(path):
            lines = [_rooted(line.strip()) for line in read_start(path, 1024 * 1024).splitlines()]
            return patterns_of([line for line in lines if line])
    return None


def _rooted(line: str) -> str:
    """One of its patterns as one of Git's: `*.pem` means the root alone there."""
    mark, pattern = ("!", line[1:].strip()) if line.startswith("!") else ("", line)
    pattern = os.path.normpath(pattern.lstrip("/")) if pattern and not pattern.startswith("#") else ""
    return f"{mark}/{pattern}" if pattern not in ("", ".") else ""


def _leaves_out(spec: GitIgnoreSpec, inside: str) -> bool:
    """The last pattern that matches the file, or a folder above it, decides."""
    for pattern in reversed(spec.patterns):
        if pattern.regex is not None and pattern.regex.search(inside):
            return bool(pattern.include)
    return False


def _files(folder: str) -> Iterator[str]:
    seen = 0
    if refusal(folder):
        return
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - NEVER - BY_HABIT)
        seen += len(names) + len(folders)
        yield from (os.path.normpath(os.path.join(here, name)) for name in sorted(names) if _CREDENTIALS.match(name))
        if seen > _MOST_ENTRIES:
            return
