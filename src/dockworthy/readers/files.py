"""Finds the files to judge: those a person named, and in a folder those that may be ours by name or by content."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, Final

from msgspec import Struct, structs

from ..errors import UnreadableInput, UsageError
from ..input_files import is_file, read_bounded, read_input, read_start, refusal
from ..model.pattern import lazy_pattern
from .recognising import HEAD, begins_like_ours, is_telling, mentions_ours
from .remembering import remember
from .walking import Walk, WalkedPath

MOST_BYTES = 64 * 1024 * 1024
"""A larger file is no manifest."""

MOST_OTHER_BYTES = 1024 * 1024
"""A larger file under a name that says nothing is not opened: nobody writes as much by hand."""

LARGE = 256 * 1024
"""Bytes from which a file in a folder is looked over before it is read as YAML or JSON, which takes a second a MB."""

_A_RESULT = b'{"schema":1,"tool":{"name":"dockworthy"'
"""What our own results begin with; people save them beside what was judged."""

STANDARD_INPUT: Final = "<stdin>"
COMPOSE_NAMES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""What Compose looks for where nobody names a file, in this order."""

_ENV_FILE: Final = ".env"
_BAKE: Final = lazy_pattern(r"docker-bake(?:\.override)?\.(?:hcl|json)")


class FoundFile(Struct, frozen=True):
    """`name` as a person would write it; `named_by_user`: not found by walking, so it must be what it should be.

    `judged`: it may be one of ours; else it is a text that is only looked through. `problem`: why there is no text.
    """

    name: str
    path: str
    named_by_user: bool
    content: bytes | None = None
    judged: bool = True
    problem: str = ""
    piped: bool = False
    """It came by standard input: whatever lies on the disk under that name may be another."""

    @property
    def must_be_ours(self) -> bool:
        """Did a person name it, or does Compose run it by its name alone? Then one that says nothing is broken."""
        return self.named_by_user or os.path.basename(self.path) in COMPOSE_NAMES

    def text(self) -> str:
        """The file's text. Raises UnreadableInput where it is no regular file, too large, or not UTF-8."""
        raw = self.raw()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise UnreadableInput(f"not UTF-8 (byte {raw[error.start]:#04x})", file=self.name, line=line) from error
        remember(self.name, text, self.text if self.piped else structs.replace(self, content=None).text)
        return text

    def raw(self) -> bytes:
        """Its bytes. Raises UnreadableInput as `text` does."""
        if self.problem:
            raise UnreadableInput(self.problem, file=self.name)
        return self.content if self.content is not None else read_input(self.path, self.name, most=MOST_BYTES)

    def loaded(self) -> FoundFile:
        """The same with its content at hand, so that it is read once. Raises UnreadableInput."""
        return structs.replace(self, content=self.raw())


Listing = Callable[[str], Sequence[str]]
"""A folder with a `.env` -> the files that `COMPOSE_FILE` in it lists. Raises UnreadableInput."""


def _nothing_listed(folder: str) -> Sequence[str]:
    return ()


class Search:
    """The files of one call, each once, also where several paths lead to it. `ignored` counts what was left out, and
    `charts` are the folders of Helm charts, whose templates are not judged; `bakes` are files of `docker buildx bake`,
    which are not, either.

    `stdin_name` is the name that standard input (`-`) goes by, and its folder where relative paths are looked for.
    `skip_others`: a named file need not be one of ours, as if its folder were walked. `tracked`: files, by their real
    paths, that are taken in although Git's rules leave them out. `listing`: what Compose runs in a
    folder is found, too.
    """

    def __init__(
        self,
        paths: Sequence[str],
        *,
        stdin: BinaryIO,
        stdin_name: str = STANDARD_INPUT,
        ignoring: bool = True,
        skip_others: bool = False,
        tracked: Sequence[str] = (),
        listing: Listing = _nothing_listed,
    ) -> None:
        self.ignored = 0
        self.charts: list[str] = []
        self.bakes: list[str] = []
        self._judged: set[object] = set()
        self._listing = listing
        self._paths = list(dict.fromkeys(paths))
        self._stdin = stdin
        self._stdin_name = stdin_name
        self._ignoring = ignoring
        self._skip_others = skip_others
        self._tracked = tracked
        self._taken = {identity(path) for path in self._paths if path != "-" and not os.path.isdir(path)}

    def __iter__(self) -> Iterator[FoundFile]:
        """Folders are walked in the order of names. Raises UsageError for a path that does not exist."""
        named: set[object] = set()
        for path in self._paths:
            if path == "-":
                yield _from_standard_input(self._stdin, self._stdin_name)
            elif why := refusal(path):
                yield FoundFile(path, path, True, problem=why)
            elif os.path.isdir(path):
                yield from self._walked(path)
            elif not os.path.lexists(path):
                raise UsageError(f"{path}: no such file or folder")
            elif identity(path) not in named:
                named.add(identity(path))
                yield from self._named(path)

    def folders_without(self, ours: Iterable[str]) -> list[str]:
        """Named folders that hold none of these files, and no chart: what a person names is to hold something."""
        places = [os.path.realpath(name) for name in (*ours, *self.charts, *self.bakes)]
        folders = ((path, os.path.join(os.path.realpath(path), "")) for path in self._paths if os.path.isdir(path))
        return [path for path, folder in folders if not any(f"{place}/".startswith(folder) for place in places)]

    def _named(self, path: str) -> Iterator[FoundFile]:
        if not self._skip_others:
            self._judged.add(identity(path))
            yield FoundFile(path, path, True)
        elif (found := _found(WalkedPath(path, is_telling(os.path.basename(path))))) is not None:
            self._judged.add(identity(path))
            yield found
        beside = os.path.join(os.path.dirname(path), _ENV_FILE)
        if os.path.basename(path) in COMPOSE_NAMES and is_file(beside):  # another one is for `docker compose -f`
            yield from self._listed_in(beside)

    def _walked(self, folder: str) -> Iterator[FoundFile]:
        walk = Walk(ignoring=self._ignoring, tracked=self._tracked)
        env_files = []
        for seen in walk.over(folder):
            base = os.path.basename(seen.name)
            if base == _ENV_FILE and not seen.problem:
                env_files.append(seen.name)
            elif _BAKE.fullmatch(base):
                self.bakes.append(seen.name)
            found = _found(seen)
            if found is None:
                continue
            same = identity(seen.name)
            if found.problem or same not in self._taken:
                self._taken.add(same)
                if found.judged:
                    self._judged.add(same)
                yield found
        for env_file in env_files:
            yield from self._listed_in(env_file)
        self.ignored += walk.ignored
        self.charts += walk.charts

    def _listed_in(self, env_file: str) -> Iterator[FoundFile]:
        """What Compose runs where nobody names a file is what `COMPOSE_FILE` in `.env` lists, whatever it is called."""
        try:
            content = read_input(env_file, most=MOST_BYTES)
        except UnreadableInput as error:
            yield FoundFile(env_file, env_file, True, problem=error.problem)
            return
        if b"COMPOSE_FILE" not in content:
            return
        folder = os.path.dirname(env_file)
        try:
            listed = self._listing(folder)
        except UnreadableInput as error:
            line = "" if error.line is None else f"line {error.line}: "
            yield FoundFile(env_file, env_file, True, problem=f"{line}{error.problem}")
            return
        for path in (os.path.normpath(os.path.join(folder, name)) for name in listed):
            if identity(path) not in self._judged:
                self._judged.add(identity(path))
                names = f"COMPOSE_FILE in {env_file} names it"
                if why := refusal(path):
                    yield FoundFile(path, path, True, problem=f"{names}, and {why}")
                elif not is_file(path):
                    yield FoundFile(path, path, True, problem=f"{names}, and there is no such file")
                else:
                    yield FoundFile(path, path, True)


def _from_standard_input(stdin: BinaryIO, name: str) -> FoundFile:
    path = "-" if name == STANDARD_INPUT else name
    try:
        return FoundFile(name, path, True, read_bounded(stdin, name, most=MOST_BYTES), piped=True)
    except UnreadableInput as error:
        return FoundFile(name, path, True, problem=error.problem)
    except OSError as error:
        return FoundFile(name, path, True, problem=f"can't be read: {error.strerror}")


def identity(path: str) -> object:
    """What tells one file from another, whatever names lead to it; the name where it can't be looked at."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return os.path.abspath(path)
    return status.st_dev, status.st_ino


def _found(seen: WalkedPath) -> FoundFile | None:
    """None for a file under a name that says nothing and that is no text, or too large for what we look for."""
    if seen.problem:
        return FoundFile(seen.name, seen.name, False, problem=seen.problem)
    if why := refusal(seen.name):
        return FoundFile(seen.name, seen.name, False, problem=why) if seen.telling else None
    try:
        size = os.stat(seen.name).st_size
        if seen.telling and _is_worth_reading(seen.name, size):
            return FoundFile(seen.name, seen.name, False)
        if not 0 < size <= MOST_OTHER_BYTES:
            return None
        content = read_input(seen.name, most=MOST_OTHER_BYTES)
        text = content.decode("utf-8-sig")
    except (OSError, UnreadableInput, UnicodeDecodeError):  # a name that says nothing, and nothing can be said of it
        return FoundFile(seen.name, seen.name, False) if seen.telling else None
    if "\0" in text[:8192]:
        return None
    return FoundFile(seen.name, seen.name, False, content, judged=not seen.only_text and begins_like_ours(text))


def _is_worth_reading(path: str, size: int) -> bool:
    """Of a large file that nobody named: does it say anything that we know, or begin so where it is too large?"""
    if size <= LARGE:
        return True
    if size > MOST_BYTES:
        return begins_like_ours(read_start(path, HEAD))
    content = read_input(path, most=MOST_BYTES)
    return mentions_ours(content) and not content.startswith(_A_RESULT)
