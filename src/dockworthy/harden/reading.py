"""Reads and judges the machine, for a plan and again after each change."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from pathlib import Path

from msgspec import Struct, structs

from ..controls.judging import judge_machine
from ..engine.host_shell import HostShell
from ..facts.host.settings import flag
from ..facts.reading import read_snapshot
from ..facts.remote.usual import USUAL_SOCKET
from ..model.deploy_settings import TargetKind
from ..model.field import Set
from ..model.finding import Finding, Outcome
from ..model.levels import Level
from ..model.machine import Machine
from ..model.policy import ProjectFile
from ..policy.exceptions import apply_exceptions, written_in
from ..readers.machine import read_machine
from .condition import Condition, condition_of
from .engine_ways import EngineWays, find_service_manager
from .situation import UNTRIED, Planning, Situation
from .untried import question


class HardenOptions(Struct, frozen=True, kw_only=True):
    """What the person asked for: which machine, how strict, by which project file.

    `confirm_within`: seconds after which the host takes a stage back by itself; None: as long as measuring needs.
    `force`: also load what others wrote into the engine's files since it started."""

    endpoint: str
    level: Level
    project: ProjectFile
    sudo: bool = False
    deadline: float = 20.0
    confirm_within: int | None = None
    force: bool = False


async def read_here(asked: HardenOptions) -> Machine:
    """The machine now. `probe` is off: a change is judged by what was there, not by asking services again."""
    snapshot = await read_snapshot(
        asked.endpoint, root=Path("/"), deadline=asked.deadline, sudo=asked.sudo, probe=False
    )
    project = asked.project
    return structs.replace(read_machine(snapshot), intent=project.intent, published=project.harden.published)


async def condition_now(asked: HardenOptions) -> Condition:
    return condition_of(await read_here(asked))


def judged(machine: Machine, asked: HardenOptions) -> tuple[Finding, ...]:
    """Findings at the level, accepted ones marked as such."""
    today = datetime.datetime.now(datetime.UTC).date()
    policy = asked.project.policy
    accepted = written_in(policy)
    judged = judge_machine(machine, asked.level, policy.levels, today=today)
    findings, _ = apply_exceptions(judged, accepted, today=today)
    return findings


def facts_of(findings: Sequence[Finding], before: Sequence[Finding], controls: Collection[str]) -> dict[str, list[str]]:
    """Control -> the facts that it rests on, in words, of those asked for; where it is about several objects, of those
    that failed before, as far as they are still told of."""
    failed = {(each.control, each.subject) for each in before if each.outcome is Outcome.FAIL}
    found: dict[str, list[str]] = {}
    for id in controls:
        mine = [each for each in findings if each.control == id]
        again = [each for each in mine if (id, each.subject) in failed] or mine
        found[id] = [fact.says for each in again for fact in each.evidence[:1] if fact.says]
    return found


async def situation_of(
    asked: HardenOptions, shell: HostShell, machine: Machine, plannings: Sequence[Planning], named: Sequence[str]
) -> Situation:
    """Everything that the plannings want to know. `named`: controls that were asked for by name."""
    ways = await _ways(shell, machine)
    paths = dict.fromkeys([ways.config_file, *(path for planning in plannings for path in planning.reads)])
    files = {path: await shell.file(path) for path in paths}
    asks = {UNTRIED: question(ways)} | {
        name: script for planning in plannings for name, script in planning.asks.items()
    }
    answers = {}
    for name, script in asks.items():
        done = await shell.run(script)
        answers[name] = done.output if done.status == 0 else ""
    return Situation(
        machine=machine,
        ways=ways,
        files=files,
        answers=answers,
        named=tuple(named),
        forced=asked.force,
        swarm_wanted=asked.project.deploy.target is TargetKind.SWARM,
    )


async def _ways(shell: HostShell, machine: Machine) -> EngineWays:
    daemon = machine.host.daemon
    argv = daemon.value.argv if isinstance(daemon, Set) else ()
    unit = next((name for name in _service_units(machine) if name.startswith("docker")), "docker.service")
    manager = await find_service_manager(shell, unit)
    return EngineWays(
        manager=manager,
        unit=unit,
        argv=(daemon.value.executable, *argv[1:]) if isinstance(daemon, Set) else (),
        socket=_socket(machine),
        pid_file=_flag(argv, "--pidfile", "-p") or "/var/run/docker.pid",
        config_file=_flag(argv, "--config-file") or "/etc/docker/daemon.json",
    )


def _socket(machine: Machine) -> str:
    """The unix socket that the engine listens on, by what holds it."""
    daemon = machine.host.daemon
    listens = daemon.value.listens if isinstance(daemon, Set) else ()
    paths = [place.removeprefix("unix://") for place in listens if place.startswith(("/", "unix://"))]
    return next((path for path in paths if path.endswith("docker.sock")), paths[0] if paths else USUAL_SOCKET)


def _service_units(machine: Machine) -> list[str]:
    units = [field.value.name for field in machine.host.units.values() if isinstance(field, Set)]
    return [name for name in units if name.endswith(".service")]


def _flag(argv: Sequence[str], *names: str) -> str:
    return flag(argv, *names) or ""
