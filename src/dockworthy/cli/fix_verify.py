"""`fix --verify`: its options, and the door to the proof."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import UsageError
from . import options
from .output import say

if TYPE_CHECKING:
    from ..model.policy import ProjectFile
    from ..model.repair import Repair
    from ..repair import RepairOptions

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--verify",
        is_flag=True,
        help="Prove fixes on an engine: run the services of one Compose file as an isolated copy, and keep the "
        "fixes with which they work.",
    ),
    click.option(
        "--probe",
        "probes",
        metavar="[SERVICE=]CMD|URL",
        multiple=True,
        help="With --verify: a command in the service's container that must succeed, or a page that it must answer "
        "(repeatable).",
    ),
    click.option(
        "--hand-in",
        "hand_in",
        metavar="NAME",
        multiple=True,
        help="With --verify: a variable, secret, config or file that the copy gets unchanged; other secrets are "
        "replaced by made-up values (repeatable).",
    ),
    click.option("--pull", is_flag=True, help="With --verify: pull images that the engine does not have."),
    click.option(
        "--within",
        metavar="SECONDS",
        type=click.FloatRange(1, 3600),
        default=120,
        show_default=True,
        help="With --verify: how long a service may take to start unchanged.",
    ),
)


def verify_options(command: Command) -> Command:
    """All options of a proof."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def needs_verify(verify: bool, given: dict[str, bool]) -> None:
    """Options that mean nothing without a proof are errors, not ignored."""
    for name, is_given in given.items():
        if is_given and not verify:
            raise UsageError(f"{name} goes with --verify", hint="without it no service is started")


def proven(
    repair: Repair,
    asked: RepairOptions,
    project: ProjectFile,
    *,
    hosts: tuple[str, ...],
    probes: tuple[str, ...],
    hand_in: tuple[str, ...],
    pull: bool,
    within: float,
) -> Repair:
    """Runs the proof; the person is told of every step. Raises as `prove_repair` does."""
    from ..fix.verify import Options
    from ..proving import prove_repair

    wanted = Options(
        probes=probes,
        start=within,
        hand_in=frozenset(hand_in),
        endpoint=options.endpoint_of(hosts, project) if hosts else "",
        pull=pull,
    )
    from ..fix.verify.stages import NotProven

    try:
        return prove_repair(repair, asked, wanted, say=say)
    except NotProven as failed:
        changed = [file.file for file in repair.files if _is_as_fix_left_it(file.file)]
        if changed:
            undo = f"`dockworthy fix --undo {shlex.join(changed)}` puts it back"
            failed.hint = f"`dockworthy fix` changed this file before, unproven: {undo}; else {failed.hint}"
        raise


def _is_as_fix_left_it(file: str) -> bool:
    """Is what stands there what `fix` wrote? Then that may be why it does not come up."""
    from ..fix.file_changes import digest, records

    try:
        content = Path(file).read_bytes()
    except OSError:
        return False
    path = os.path.realpath(file)
    return any(each.path == path and not each.undone and each.new == digest(content) for each in records(os.environ))
