"""Rules of hadolint that the project ignores: by comments in the file, and by its .hadolint.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from ...errors import UnreadableInput
from ...input_files import is_file, read_input
from ...model.build import Instruction, Silence
from ...model.field import Source
from ..yaml_source import Value, documents

NAMES = (".hadolint.yaml", ".hadolint.yml")
_MOST_BYTES = 1024 * 1024
_PRAGMA = re.compile(r"#\s*hadolint\s+(global\s+)?ignore\s*=\s*([\w, \t]+)", re.IGNORECASE)
_SHELL = re.compile(r"#\s*hadolint\s+shell\s*=\s*(\S+)", re.IGNORECASE)
_RULE = re.compile(r"(?:DL|SC)\d+")


def shell_named(comments: Iterable[tuple[int, str]]) -> str:
    """The shell that a comment names for the whole file, "" where none does."""
    return next((match[1].lower() for _, text in comments if (match := _SHELL.match(text))), "")


def silences_in(
    comments: Iterable[tuple[int, str]], instructions: Sequence[Instruction], file: str
) -> Iterator[Silence]:
    """`# hadolint ignore=DL3008` speaks of the next instruction, `# hadolint global ignore=…` of the file."""
    for line, text in comments:
        match = _PRAGMA.match(text)
        if match is None:
            continue
        source = Source(file, "", line, column=1)
        near = None if match[1] else next((i for i in instructions if i.last >= line), None)
        for rule in _RULE.findall(match[2]):
            if match[1]:
                yield Silence(rule, source)
            elif near is not None and near.first > line:
                yield Silence(rule, source, near.first, near.last)


def project_config(folder: Path) -> Path | None:
    """The nearest .hadolint.yaml from the Dockerfile's folder up to the top of its repository."""
    for here in (folder, *folder.parents):
        for name in NAMES:
            if is_file(here / name):
                return here / name
        if (here / ".git").exists():
            return None
    return None


class Config(Struct, frozen=True):
    """What a .hadolint.yaml says that matters here: ignored rules, and whether comments may ignore some."""

    silences: tuple[Silence, ...] = ()
    pragmas_count: bool = True

    @classmethod
    def read(cls, path: Path) -> Config:
        """Raises UnreadableInput (file, line)."""
        try:
            text = read_input(path, most=_MOST_BYTES).decode()
        except UnicodeDecodeError as error:
            raise UnreadableInput(f"can't be read: {error.reason}", file=str(path)) from error
        config = cls()
        for document in documents(text, str(path)):
            ignored = document.get("ignored")
            pragmas = document.get("disable-ignore-pragma")
            config = cls(
                tuple(_silence(rule) for rule in ignored.items()) if ignored else (),
                not (pragmas is not None and pragmas.boolean()),
            )
        return config


def _silence(rule: Value) -> Silence:
    return Silence(rule.scalar_text(), rule.source)
