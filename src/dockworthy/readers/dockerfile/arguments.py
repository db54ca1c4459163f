"""What stands behind an instruction's keyword: flags, words, pairs, JSON, commands, as each instruction has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from ...errors import UnreadableInput
from ...model.build import Instruction, Pair, ShellCommand
from ...model.field import Set, Source, Unknown, Unset
from .lines import LogicalLine, places_in, split_flags, split_words, unquoted
from .shell_commands import exec_commands, shell_commands
from .substitution import BadSubstitution, Value, expand

COMMANDS = frozenset({"RUN", "CMD", "ENTRYPOINT", "SHELL", "HEALTHCHECK"})
PAIRS = frozenset({"ENV", "LABEL", "ARG"})
WORDS = frozenset({"FROM", "ADD", "COPY", "EXPOSE", "VOLUME", "USER", "WORKDIR", "STOPSIGNAL"})
WHOLE = frozenset({"USER", "WORKDIR", "STOPSIGNAL"})
"""Their argument is one, blanks included."""

_POSIX = frozenset("sh bash dash ash zsh ksh".split())
_LIST = re.compile(r"\s*\[")
_VARIABLE = re.compile(r"\$\{[^}]{0,200}\}|\$\w+")
_HEREDOC = re.compile(r"\d*<<-?[^<]+\Z")


class InstructionScope(Struct, frozen=True):
    """What an instruction is read with: the file, its escape, the variables so far, and the shell of RUN."""

    file: str
    escape: str
    variables: Mapping[str, Value]
    undefined: Value
    shell: str = "sh"


def read_instruction(
    line: LogicalLine, keyword: str, at: int, scope: InstructionScope, *, trigger: bool = False
) -> Instruction:
    """The instruction `keyword`, whose text begins at `at` of the line. Raises UnreadableInput (file, line)."""
    flags, start = split_flags(line.text, scope.escape, at)
    text = line.text[start:].rstrip()
    parts = _Parts(line, keyword, start, text, scope)
    exec_form = parts.json_list() if keyword in COMMANDS | {"COPY", "ADD", "VOLUME"} else None
    pairs, legacy = parts.pairs() if keyword in PAIRS else ((), False)
    return Instruction(
        keyword=keyword,
        first=line.first,
        last=line.last,
        source=line.place(0, scope.file, keyword),
        text=text,
        flags=tuple(flags),
        words=parts.words(exec_form) if keyword in WORDS else (),
        exec_form=exec_form,
        pairs=pairs,
        heredocs=line.heredocs,
        commands=parts.commands(exec_form) if keyword in COMMANDS else (),
        trigger=trigger,
        legacy=legacy,
    )


class _Parts(Struct, frozen=True):
    line: LogicalLine
    keyword: str
    start: int
    text: str
    scope: InstructionScope

    def wrong(self, says: str, hint: str = "") -> UnreadableInput:
        return UnreadableInput(f"{self.keyword}: {says}", file=self.scope.file, line=self.line.first, hint=hint)

    def place(self, offset: int) -> Source:
        """Of a character of `text`."""
        return self.line.place(self.start + offset, self.scope.file, self.keyword)

    def json_list(self) -> tuple[str, ...] | None:
        """None where it is no JSON: a shell's text, then, as the builder takes it."""
        text, _ = self._command_text()
        if not _LIST.match(text):
            return None
        try:
            words = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise self.wrong("a JSON list holds texts only", "write every word in double quotes")
        return tuple(words)

    def _command_text(self) -> tuple[str, int]:
        """The command and its offset in `text`: HEALTHCHECK has CMD before it."""
        match = re.match(r"(?:CMD|NONE)\b\s*", self.text, re.IGNORECASE) if self.keyword == "HEALTHCHECK" else None
        return (self.text[match.end() :], match.end()) if match else (self.text, 0)

    def commands(self, exec_form: tuple[str, ...] | None) -> tuple[ShellCommand, ...]:
        text, offset = self._command_text()
        if exec_form is not None:
            return exec_commands(exec_form, self.place(offset))
        if self.scope.shell not in _POSIX or self.keyword == "SHELL":
            return ()
        commands = shell_commands(text, lambda at: self.place(offset + at))
        own = (command for command in commands if not all(_HEREDOC.match(word) for word in command.words))
        return (*own, *self._in_heredocs(commands))

    def _in_heredocs(self, commands: tuple[ShellCommand, ...]) -> Iterator[ShellCommand]:
        """A here-document is a script where it is handed to a shell, or to nothing at all."""
        plain = [word for command in commands for word in command.words if not _HEREDOC.match(word)]
        program = plain[0].rsplit("/", 1)[-1] if plain else ""
        for heredoc in self.line.heredocs:
            shebang = re.match(r"#!\s*(\S+)(?:\s+(\S+))?", heredoc.content)
            by = shebang and (shebang[2] or shebang[1]).rsplit("/", 1)[-1]
            if (by or program or "sh") in _POSIX:
                yield from shell_commands(heredoc.content, places_in(heredoc, self.scope.file, self.keyword))

    def words(self, exec_form: tuple[str, ...] | None) -> tuple[Set[str] | Unset | Unknown, ...]:
        if exec_form is not None:
            return tuple(self._field(word, 0) for word in exec_form)
        if self.keyword in WHOLE:
            return (self._field(self.text, 0),) if self.text else ()
        found = re.finditer(r"\S+", self.text)
        return tuple(self._field(match[0], match.start()) for match in found if not self._opens_heredoc(match[0]))

    def _opens_heredoc(self, word: str) -> bool:
        return bool(self.line.heredocs) and _HEREDOC.match(word) is not None

    def _field(self, word: str, offset: int) -> Set[str] | Unknown:
        place = self.place(offset)
        value = self._expanded(word)
        return Unknown(value.reason, value.tell, place) if isinstance(value, Unknown) else Set(value, place)

    def _expanded(self, word: str) -> Value:
        try:
            return expand(word, self.scope.variables, self.scope.escape, undefined=self.scope.undefined)
        except BadSubstitution as bad:
            raise self.wrong(f"{word[:60]}: {bad}") from bad

    def pairs(self) -> tuple[tuple[Pair, ...], bool]:
        """The pairs, and whether the old form without `=` was used."""
        words = list(split_words(self.text, self.scope.escape))
        if not words:
            raise self.wrong("a name is missing")
        if self.keyword != "ARG" and "=" not in words[0][0]:
            value = self.text[len(words[0][0]) :].strip()
            if not value:
                raise self.wrong(f"{words[0][0][:60]} has no value", "write NAME=value")
            return (self._pair(words[0][0], value, words[0][1]),), True
        return tuple(self._written_pair(word, offset) for word, offset in words), False

    def _written_pair(self, word: str, offset: int) -> Pair:
        name, equals, value = word.partition("=")
        if equals:
            return self._pair(name, value, offset)
        if self.keyword != "ARG":
            raise self.wrong("a pair without =", "write NAME=value")
        name = unquoted(name, self.scope.escape)
        return Pair(name, Unset(self.place(offset)), self.place(offset))

    def _pair(self, name: str, value: str, offset: int) -> Pair:
        place = self.place(offset)
        name = unquoted(name, self.scope.escape)
        expanded = self._expanded(value)
        literal = unquoted(_VARIABLE.sub("", value), self.scope.escape) != ""
        if isinstance(expanded, Unknown):
            return Pair(name, Unknown(expanded.reason, expanded.tell, place), place, literal)
        return Pair(name, Set(expanded, place), place, literal)
