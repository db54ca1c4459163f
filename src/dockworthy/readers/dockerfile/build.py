"""A Dockerfile's text -> ImageBuild: the whole story of reading one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct, structs

from ...errors import UnreadableInput
from ...input_files import is_file, read_input, read_start, refusal
from ...model.build import HadolintSilence, ImageBuild, Instruction, LintMark, is_dockers_frontend
from ...model.field import Field, Set, Source, Unknown, Unset
from ..yaml_source import Value, documents
from .hadolint import lint
from .lines import DockerfileLines, logical_lines
from .stages import BuildStages, flat, read_stages


def read_dockerfile(text: str, name: str, *, path: Path | None) -> ImageBuild:
    """`path` is the file on disk, None for standard input: what stands beside it belongs to it.

    Raises UnreadableInput (file, line) for what the builder would refuse.
    """
    lines = logical_lines(text, name)
    read = instructions_of(lines, name)
    instructions = (*read.arguments, *flat(read.stages))
    found = project_config(path.absolute().parent if path is not None else Path.cwd())
    gap, config = _configuration(found)
    comments = silences_in(lines.comments, instructions, name) if config.pragmas_count else ()
    return ImageBuild(
        id=name,
        source=Source(name, line=read.stages[-1].first, column=1),
        stages=read.stages,
        arguments=read.arguments,
        syntax=_syntax(lines),
        escape=lines.escape,
        ignore_file=ignored_patterns(path.absolute()) if path else Unknown("standard input has no folder"),
        lint=gap or _of_posix_shells(lint(text, name, found, lines.logical), instructions),
        silences=(*comments, *config.silences),
    )


def instructions_of(lines: DockerfileLines, name: str) -> BuildStages:
    """What the lines say, without what stands beside the file. Raises UnreadableInput (file, line)."""
    standard = is_dockers_frontend(_syntax(lines))
    return read_stages(lines, name, shell=shell_named(lines.comments), is_standard=standard)


def _syntax(lines: DockerfileLines) -> str:
    return lines.directives.get("syntax", "").split(" ")[0]


def _of_posix_shells(
    marks: Set[tuple[LintMark, ...]] | Unknown, instructions: Sequence[Instruction]
) -> Set[tuple[LintMark, ...]] | Unknown:
    """Without what ShellCheck says of PowerShell and the like, which it takes for a broken shell."""
    if isinstance(marks, Unknown):
        return marks
    foreign = {i.first for i in instructions if i.keyword == "RUN" and not i.commands}
    kept = tuple(m for m in marks.value if not (m.rule.startswith("SC") and m.source.line in foreign))
    return structs.replace(marks, value=kept)


def _configuration(path: Path | None) -> tuple[Unknown | None, Config]:
    """What the project's .hadolint.yaml says; a gap where it can't be read, for hadolint could not read it, either."""
    if path is None:
        return None, Config()
    try:
        return None, Config.read(path)
    except UnreadableInput as error:
        return Unknown(f"hadolint's configuration: {error.says}", "mend that file"), Config()


_MOST_CHARACTERS = 1024 * 1024


def ignored_patterns(dockerfile: Path) -> Field[tuple[str, ...]]:
    """The patterns of `<name>.dockerignore`, else of the nearest .dockerignore up to the top of the repository.

    Which folder is the context only the build command says; the nearest one that has such a file is taken for it.
    """
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    if is_file(own):
        return _read(own)
    for folder in dockerfile.parents:
        ignoring = folder / ".dockerignore"
        if is_file(ignoring):
            return _read(ignoring)
        if ignoring.is_symlink() and not refusal(folder) and (why := refusal(ignoring)):
            return Unknown(f"{ignoring}: {why}")
        if (folder / ".git").exists():
            break
    return Unset(Source(str(dockerfile.parent / ".dockerignore")))


def _read(path: Path) -> Field[tuple[str, ...]]:
    lines = (line.strip() for line in read_start(path, _MOST_CHARACTERS).splitlines())
    return Set(tuple(line for line in lines if line and not line.startswith("#")), Source(str(path)))


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
) -> Iterator[HadolintSilence]:
    """`# hadolint ignore=DL3008` speaks of the next instruction, `# hadolint global ignore=…` of the file."""
    for line, text in comments:
        match = _PRAGMA.match(text)
        if match is None:
            continue
        source = Source(file, "", line, column=1)
        near = None if match[1] else next((i for i in instructions if i.last >= line), None)
        for rule in _RULE.findall(match[2]):
            if match[1]:
                yield HadolintSilence(rule, source)
            elif near is not None and near.first > line:
                yield HadolintSilence(rule, source, near.first, near.last)


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

    silences: tuple[HadolintSilence, ...] = ()
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


def _silence(rule: Value) -> HadolintSilence:
    return HadolintSilence(rule.scalar_text(), rule.source)
