"""A Dockerfile's text -> ImageBuild: the whole story of reading one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from ...errors import UnreadableInput
from ...model.build import ImageBuild, Instruction, LintMark
from ...model.field import Set, Source, Unknown
from .context import ignored_patterns
from .hadolint import lint
from .ignored_rules import Config, project_config, shell_named, silences_in
from .lines import Lines, logical_lines
from .stages import Stages, flat, read_stages

_STANDARD = ("docker/dockerfile", "docker.io/docker/dockerfile")


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


def instructions_of(lines: Lines, name: str) -> Stages:
    """What the lines say, without what stands beside the file. Raises UnreadableInput (file, line)."""
    syntax = _syntax(lines)
    standard = not syntax or syntax.partition("@")[0].partition(":")[0] in _STANDARD
    return read_stages(lines, name, shell=shell_named(lines.comments), is_standard=standard)


def _syntax(lines: Lines) -> str:
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
