"""Marks secrets in what files say of builds and containers, as it is done for what runs: the controls then know them by
the mark.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from msgspec import structs

from ..model.build import ImageBuild, Instruction, Pair, ShellCommand, Stage
from ..model.field import Set
from ..model.pattern import lazy_pattern
from ..model.workload import Container, Unit
from .redaction import Redactor
from .secret_values import Hide, hide_in_arguments, hide_in_text

_PLACEHOLDER = lazy_pattern(
    r"(?i)(?:dummy|fake|placeholder|example|unused|not[-_]?(?:used|needed|a[-_]?secret)|x+|0+|1|\.+|build(?:time)?"
    r"|(?-i:(?:0x)?[0-9A-F]{16}(?:[0-9A-F]{16,24})?))\Z"
)
"""What a build step is given for a secret where it only wants to have some (`SECRET_KEY_BASE=dummy rake …`), and the
fingerprint of a public key, which steps like to call `key`."""


def with_build_secrets_marked(builds: Iterable[ImageBuild], found: set[str]) -> Iterator[ImageBuild]:
    """The builds, secrets of variables, labels, commands and here-documents hidden; `found` gets their values."""
    redactor = Redactor(os.urandom(32))
    for build in builds:
        arguments = tuple(_instruction(instruction, redactor) for instruction in build.arguments)
        stages = tuple(_stage(stage, redactor) for stage in build.stages)
        yield structs.replace(build, arguments=arguments, stages=stages)
    found |= redactor.found


def _stage(stage: Stage, redactor: Redactor) -> Stage:
    return structs.replace(stage, instructions=tuple(_instruction(i, redactor) for i in stage.instructions))


def _instruction(instruction: Instruction, redactor: Redactor) -> Instruction:
    if not (instruction.pairs or instruction.commands or instruction.heredocs):
        return instruction
    hide = _hiding(redactor)
    heredocs = tuple(structs.replace(h, content=hide_in_text(h.content, hide)) for h in instruction.heredocs)
    exec_form = instruction.exec_form
    return structs.replace(
        instruction,
        text=hide_in_text(instruction.text, hide),
        exec_form=None if exec_form is None else tuple(hide_in_arguments(exec_form, hide)),
        pairs=tuple(_pair(pair, redactor) for pair in instruction.pairs),
        commands=tuple(_command(command, hide) for command in instruction.commands),
        heredocs=heredocs,
    )


def _hiding(redactor: Redactor) -> Hide:
    return lambda value: value if _PLACEHOLDER.match(value) else redactor.hide(value)


def _pair(pair: Pair, redactor: Redactor) -> Pair:
    if not isinstance(pair.value, Set):
        return pair
    return structs.replace(pair, value=structs.replace(pair.value, value=redactor.named(pair.name, pair.value.value)))


def _command(command: ShellCommand, hide: Hide) -> ShellCommand:
    return structs.replace(command, words=tuple(hide_in_arguments(command.words, hide)))


def with_secrets_marked(units: Iterable[Unit], found: set[str]) -> Iterator[Unit]:
    """The units, secrets of environment and command hidden. The key is new each time: nothing is to be compared.

    The values that were hidden are added to `found`, for whoever shows lines of the same files.
    """
    redactor = Redactor(os.urandom(32))
    for unit in units:
        containers = tuple(_marked(container, redactor) for container in unit.containers)
        yield structs.replace(unit, containers=containers)
    found |= redactor.found


def _marked(container: Container, redactor: Redactor) -> Container:
    environment, command = container.environment, container.command
    if isinstance(environment, Set):
        hidden = {name: redactor.named(name, value) for name, value in environment.value.items()}
        environment = structs.replace(environment, value=hidden)
    if isinstance(command, Set):
        command = structs.replace(command, value=tuple(hide_in_arguments(command.value, redactor.hide)))
    return structs.replace(container, environment=environment, command=command)
