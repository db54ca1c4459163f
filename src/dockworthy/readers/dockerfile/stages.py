"""Logical lines become stages: who builds on whom, and which variables each instruction sees."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, MutableMapping

from msgspec import Struct, structs

from ...errors import UnreadableInput
from ...model.build import Instruction, Stage
from ...model.field import Field, Set, Unknown
from .arguments import InstructionScope, read_instruction
from .lines import DockerfileLines, LogicalLine, split_flags
from .substitution import NoValue, Value

MOST_STAGES = 500
_KEYWORD = re.compile(r"\s*(\S+)\s*")
_STAGE_NAME = re.compile(r"[a-z][a-z0-9_.-]*\Z")
_WINDOWS = re.compile(r"(?:servercore|nanoserver|windows)(?::|@|\Z)")
_BUILDERS = frozenset(
    f"{side}{part}" for side in ("BUILD", "TARGET") for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
) | {"TARGETSTAGE"}
_BY_PLATFORM = Unknown("the builder sets it by the platform", "docker build --platform")
_FROM_OUTSIDE = Unknown("nothing in the file sets it; the base image may", "docker image inspect of the base image")


def no_value(name: str) -> NoValue:
    return NoValue(f"ARG {name} has no value in the file", f"docker build --build-arg {name}=…")


class BuildStages(Struct, frozen=True):
    arguments: tuple[Instruction, ...]
    stages: tuple[Stage, ...]


def read_stages(lines: DockerfileLines, file: str, *, shell: str = "", is_standard: bool = True) -> BuildStages:
    """Raises UnreadableInput (file, line). `is_standard`: no other frontend may add instructions of its own."""
    return _Builder(lines, file, shell, is_standard).read()


class _Builder:
    def __init__(self, lines: DockerfileLines, file: str, shell: str, is_standard: bool) -> None:
        self.lines, self.file, self.first_shell, self.is_standard = lines, file, shell, is_standard
        self.global_arguments: dict[str, Value] = dict.fromkeys(_BUILDERS, _BY_PLATFORM)
        self.before: list[Instruction] = []
        self.stages: list[Stage] = []
        self.own: list[list[Instruction]] = []
        self.scopes: list[ChainMap[str, Value]] = []
        self.shell = "sh"

    def read(self) -> BuildStages:
        for line in self.lines.logical:
            self._line(line)
        if not self.stages:
            last = self.lines.logical[-1].first if self.lines.logical else None
            raise UnreadableInput("no FROM: nothing is built", file=self.file, line=last)
        stages = [
            structs.replace(stage, instructions=tuple(own), last=own[-1].last if own else stage.last)
            for stage, own in zip(self.stages, self.own, strict=True)
        ]
        return BuildStages(tuple(self.before), tuple(stages))

    def _line(self, line: LogicalLine) -> None:
        keyword, at = _keyword_at(line, 0)
        trigger = keyword == "ONBUILD"
        if trigger:
            keyword, at = _keyword_at(line, at)
        if keyword not in KEYWORDS or (trigger and keyword in ("ONBUILD", "FROM", "MAINTAINER")):
            if not trigger and not self.is_standard:
                return  # another frontend may know it
            raise unknown_keyword(keyword, trigger, self.file, line.first)
        if not self.stages and keyword not in ("FROM", "ARG"):
            raise UnreadableInput(f"{keyword} stands before the first FROM", file=self.file, line=line.first)
        instruction = read_instruction(line, keyword, at, self._scope(keyword), trigger=trigger)
        refuse(instruction, self.file)
        self._add(instruction, line, at)

    def _scope(self, keyword: str) -> InstructionScope:
        inside = bool(self.stages) and keyword != "FROM"
        variables: MutableMapping[str, Value] = self.scopes[-1] if inside else self.global_arguments
        return InstructionScope(
            self.file, self.lines.escape, variables, self._undefined() if inside else "", self.shell
        )

    def _undefined(self) -> Value:
        """Every image may set variables of its own; scratch is no image."""
        stage = self.stages[-1]
        while stage.base_stage is not None:
            stage = self.stages[stage.base_stage]
        return "" if isinstance(stage.base, Set) and stage.base.value == "scratch" else _FROM_OUTSIDE

    def _add(self, instruction: Instruction, line: LogicalLine, at: int) -> None:
        if instruction.keyword == "FROM" and not instruction.trigger:
            self._begin(instruction, line, at)
            return
        if not self.stages:
            self.before.append(instruction)
            for pair in instruction.pairs:
                self.global_arguments[pair.name] = self._argument(pair.name, pair.value, {})
            return
        self.own[-1].append(instruction)
        if not instruction.trigger:
            self._remember(instruction)

    def _remember(self, instruction: Instruction) -> None:
        """ENV and ARG alike: the last one that has a value counts for what follows (seen at BuildKit 0.13)."""
        variables = self.scopes[-1]
        if instruction.keyword == "ENV":
            for pair in instruction.pairs:
                variables[pair.name] = _value(pair.value)
        elif instruction.keyword == "ARG":
            for pair in instruction.pairs:
                value = self._argument(pair.name, pair.value, self.global_arguments)
                if not isinstance(value, NoValue) or pair.name not in variables:
                    variables[pair.name] = value
        elif instruction.keyword == "SHELL" and instruction.exec_form:
            self.shell = _program(instruction.exec_form[0])

    def _argument(self, name: str, field: Field[str], outer: dict[str, Value]) -> Value:
        if isinstance(field, Set):
            return field.value
        return field if isinstance(field, Unknown) else outer.get(name, no_value(name))

    def _begin(self, instruction: Instruction, line: LogicalLine, at: int) -> None:
        if len(self.stages) >= MOST_STAGES:
            raise UnreadableInput(f"more than {MOST_STAGES} stages", file=self.file, line=line.first)
        name = self._name(instruction, line, at)
        base, above = self._base(instruction)
        self.stages.append(
            Stage(
                index=len(self.stages),
                name=name,
                source=instruction.source,
                first=line.first,
                last=line.last,
                base=base,
                base_stage=above,
                platform=instruction.flag("platform") or "",
            )
        )
        self.own.append([instruction])
        self.scopes.append(ChainMap({}, *self.scopes[above].maps) if above is not None else ChainMap({}))
        windows = isinstance(base, Set) and _WINDOWS.search(base.value.lower()) is not None
        self.shell = self.first_shell or ("cmd" if windows or self.lines.escape == "`" else "sh")

    def _name(self, instruction: Instruction, line: LogicalLine, at: int) -> str:
        written = line.text[split_flags(line.text, self.lines.escape, at)[1] :].split()
        if len(written) == 1:
            return ""
        name = written[2].lower() if len(written) == 3 and written[1].lower() == "as" else ""
        if not _STAGE_NAME.match(name):
            raise UnreadableInput(
                "FROM: takes an image, or an image AS name", file=self.file, line=line.first, hint="FROM image AS build"
            )
        return name

    def _base(self, instruction: Instruction) -> tuple[Field[str], int | None]:
        base = instruction.words[0]
        if not isinstance(base, Set):
            return base, None
        if not base.value:
            return Unknown("the image's name is empty", "set the ARG that it is made of", base.source), None
        named = [stage.index for stage in self.stages if stage.name == base.value.lower()]
        return base, named[-1] if named else None


def _keyword_at(line: LogicalLine, at: int) -> tuple[str, int]:
    match = _KEYWORD.match(line.text, at)
    return (match[1].upper(), match.end()) if match else ("", len(line.text))


def _value(field: Field[str]) -> Value:
    if isinstance(field, Set):
        return field.value
    return field if isinstance(field, Unknown) else ""


def _program(path: str) -> str:
    return re.split(r"[/\\]", path)[-1].lower().removesuffix(".exe")


def flat(stages: Iterable[Stage]) -> Iterable[Instruction]:
    """All instructions, in the order of the file."""
    return (instruction for stage in stages for instruction in stage.instructions)


KEYWORDS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME"
    " WORKDIR".split()
)
_NEEDS_WORDS = frozenset("FROM USER WORKDIR STOPSIGNAL EXPOSE VOLUME".split())
_HEALTH = re.compile(r"(?:NONE\s*\Z|CMD\s+\S)", re.IGNORECASE)


def unknown_keyword(keyword: str, trigger: bool, file: str, line: int) -> UnreadableInput:
    """The error, with the nearest instruction that there is."""
    import difflib  # only for the error

    if keyword in KEYWORDS:
        return UnreadableInput(f"{keyword} can't stand behind ONBUILD", file=file, line=line)
    near = difflib.get_close_matches(keyword, KEYWORDS, 1)
    behind = " behind ONBUILD" if trigger else ""
    meant = f" (did you mean {near[0]}?)" if near else ""
    hint = "a Dockerfile's instructions are " + ", ".join(sorted(KEYWORDS))
    says = f"unknown instruction{behind}: {keyword[:40]!r}{meant}"
    return UnreadableInput(says, file=file, line=line, hint="" if near else hint)


def refuse(instruction: Instruction, file: str) -> None:
    """Raises UnreadableInput for an instruction that lacks what it must have."""
    says = _fault(instruction)
    if says:
        raise UnreadableInput(f"{instruction.keyword}: {says}", file=file, line=instruction.first)


def _fault(instruction: Instruction) -> str:
    keyword = instruction.keyword
    if keyword in ("ADD", "COPY"):
        words = len(instruction.words) + len(instruction.heredocs)
        return "" if words >= 2 else "needs a source and a destination"
    if keyword in _NEEDS_WORDS and not instruction.words:
        return "needs an argument"
    if keyword == "HEALTHCHECK" and not _HEALTH.match(instruction.text):
        return "says CMD and a command, or NONE"
    if keyword == "SHELL" and not instruction.exec_form:
        return "needs a JSON list"
    if not instruction.text:
        return "needs an argument"
    return ""
