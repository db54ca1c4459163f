"""What the host runs by itself, as single commands: of timers and cron, and of the scripts that these name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct, structs

from ...model.field import Source
from ..host.root import Root, clean
from .cron import CronLine, read_cron
from .known import RELEVANT
from .shell import LONGEST, Pipeline, pipelines, words_of
from .systemd import Start, Timer, environment_file, read_timers
from .variables import NAME, expanded, without_assignments
from .wrappers import SHELLS, output_of, told, unwrapped

_SHELL_SCRIPT = re.compile(r"#!\s*\S*(?:/env\s+(?:-S\s+)?)?(?:/|\s)(?:sh|bash|dash|ash|zsh|ksh)(?:\s|\Z)")
_OF_PACKAGES = ("/usr/lib/", "/usr/libexec/", "/usr/sbin/", "/usr/bin/", "/lib/", "/sbin/", "/bin/")
"""What packages install is known by its name: its scripts are not looked into."""
_DEEPEST = 3
_MOST = 4000


class Command(Struct, frozen=True):
    """One command. `words` begin with the program, without redirections; `inside`: it runs in a container.

    `output`: the host's file where its pipeline ends. `piped`: its output goes on into another command, `guarded`:
    whose success does not hide its failure. `environment` may hold secrets and never leaves this room.
    """

    words: tuple[str, ...]
    inside: bool
    output: str
    piped: bool
    guarded: bool
    environment: Mapping[str, str]
    source: Source
    by: str
    schedule: str
    last_run: str = ""
    enabled: bool = True

    @property
    def program(self) -> str:
        return self.words[0].rsplit("/", 1)[-1]


class _Context(NamedTuple):
    file: str
    line: int
    environment: dict[str, str]
    guarded: bool
    depth: int
    by: str
    schedule: str
    last_run: str = ""
    enabled: bool = True
    nested: bool = False
    """A shell in a container is told this text: its paths are not the host's."""


class Commands(NamedTuple):
    """`unseen`: tables and scripts that may not be read."""

    found: tuple[Command, ...]
    unseen: tuple[str, ...]


def read_commands(root: Root) -> Commands:
    """All commands that timers and cron run, those of their shell scripts too."""
    reader = _Reader(root)
    found: list[Command] = []
    for timer in read_timers(root):
        found += reader.of_timer(timer)
    tables = read_cron(root)
    for line in tables.lines:
        found += reader.of_cron(line)
    return Commands(tuple(found[:_MOST]), (*tables.unseen, *reader.unseen))


class _Reader:
    def __init__(self, root: Root) -> None:
        self._root = root
        self.unseen: list[str] = []

    def of_timer(self, timer: Timer) -> Iterator[Command]:
        for start in timer.starts:
            context = _Context(
                start.file, start.line, dict(timer.environment), False, 0, timer.name,
                timer.schedule, timer.last_run, timer.enabled,
            )  # fmt: skip
            words = words_of(start.line_of_command.replace("$$", "$"))
            yield from self._pipeline(Pipeline((words,), 1), context) if words else ()

    def of_cron(self, line: CronLine) -> Iterator[Command]:
        start: Start = line.start
        context = _Context(start.file, start.line, dict(line.environment), False, 0, "cron", line.schedule)
        return self._text(start.line_of_command, context, one_line=True)

    def _text(self, text: str, context: _Context, *, one_line: bool = False) -> Iterator[Command]:
        """The commands of shell text. What it assigns and sources is kept for the lines that follow."""
        guarded = context.guarded or "PIPESTATUS" in text or "pipestatus" in text
        environment = dict(context.environment)
        for pipeline in pipelines(text):
            line = context.line if one_line else context.line + pipeline.line - 1
            first = pipeline.commands[0]
            guarded = guarded or (first[0] == "set" and "pipefail" in first)
            self._remember(first, environment)
            here = context._replace(line=line, environment=dict(environment), guarded=guarded)
            yield from self._pipeline(pipeline, here)

    def _remember(self, words: tuple[str, ...], environment: dict[str, str]) -> None:
        """`NAME=value`, `export NAME=value`, `. /etc/backup.env`."""
        if words[0] in (".", "source") and len(words) > 1:
            environment |= environment_file(self._root, expanded(words[1], environment))
            return
        assigned = words[1:] if words[0] in ("export", "declare", "readonly", "local") else words
        for word in assigned:
            name, equals, value = word.partition("=")
            if not equals or not NAME.match(name):
                return
            environment[name] = expanded(value, environment)

    def _pipeline(self, pipeline: Pipeline, context: _Context) -> Iterator[Command]:
        last = len(pipeline.commands) - 1
        _, ends_in = output_of(tuple(expanded(word, context.environment) for word in pipeline.commands[-1]))
        for number, written in enumerate(pipeline.commands):
            words, own = without_assignments(written)
            here = context._replace(environment=context.environment | own)
            words, output = output_of(tuple(expanded(word, here.environment) for word in words))
            words, inside = unwrapped(words)
            if words:
                command = _command(words, inside or here.nested, number < last, here)
                yield structs.replace(command, output="" if here.nested else output or ends_in)
                yield from self._further(words, inside, here)

    def _further(self, words: tuple[str, ...], inside: bool, context: _Context) -> Iterator[Command]:
        """What a shell is told with `-c`, and what stands in a script."""
        if context.depth >= _DEEPEST:
            return
        deeper = context._replace(depth=context.depth + 1)
        program = words[0].rsplit("/", 1)[-1]
        if program in SHELLS:
            text, script = told(words)
            if text:
                nested = deeper._replace(guarded="pipefail" in words, nested=inside or context.nested)
                yield from self._text(text, nested, one_line=True)
            elif script and not inside:
                yield from self._script(script, deeper, by_shell=True)
        elif words[0].startswith("/") and not inside:
            yield from self._script(words[0], deeper, by_shell=False)

    def _script(self, path: str, context: _Context, *, by_shell: bool) -> Iterator[Command]:
        if path.startswith(_OF_PACKAGES):
            return
        try:
            if self._root.stat(path).st_size > LONGEST:
                return
            text = self._root.read(path)
        except OSError as error:
            if isinstance(error, PermissionError):
                self.unseen.append(clean(path))
            return
        head = text[:200].split("\n", 1)[0]
        if not (by_shell or _SHELL_SCRIPT.match(head)) or not RELEVANT.search(text):
            return
        guarded = "pipefail" in head
        yield from self._text(text, context._replace(file=path, line=1, guarded=guarded))


def _command(words: tuple[str, ...], inside: bool, piped: bool, context: _Context) -> Command:
    return Command(
        words=words,
        inside=inside,
        output="",
        piped=piped,
        guarded=context.guarded,
        environment=context.environment,
        source=Source(clean(context.file), "", context.line),
        by=clean(context.by),
        schedule=clean(context.schedule),
        last_run=context.last_run,
        enabled=context.enabled,
    )
