"""What a step is planned from: the machine as it was read, and what only root's shell could tell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ..errors import UnreadableInput
from ..model.field import Set
from ..model.finding import Finding
from ..model.hardening import NotDone, Step
from ..model.machine import Machine
from .engine_ways import EngineWays

UNTRIED = "settings untried"
"""A question of everybody's: which of the engine's files did others change since it started?"""


class Situation(Struct, frozen=True, kw_only=True):
    """`files`: path -> text, None where there is none, of those that planners asked for; `answers`: name -> what a
    planner's question printed (`""` where it failed). `named`: controls that the person asked for by name;
    `swarm_wanted`: dockworthy.yaml says that this host is to be in a swarm; `forced`: what is untried is loaded."""

    machine: Machine
    ways: EngineWays
    files: Mapping[str, str | None] = {}
    answers: Mapping[str, str] = {}
    named: tuple[str, ...] = ()
    swarm_wanted: bool = False
    forced: bool = False

    @property
    def in_swarm(self) -> bool:
        field = self.machine.engine.in_swarm
        return isinstance(field, Set) and field.value

    @property
    def running(self) -> tuple[str, ...]:
        """Names of the containers that run."""
        return tuple(
            container.name
            for unit in self.machine.units
            if unit.kind == "container"
            for container in unit.containers
            if isinstance(container.state, Set) and container.state.value.running
        )

    @property
    def live_restore(self) -> bool:
        """Is it on, as the engine itself says?"""
        setting = self.machine.engine.setting("live-restore")
        return isinstance(setting, Set) and setting.value is True

    @property
    def untried(self) -> tuple[str, ...]:
        """Files of the engine that somebody changed since it started: only a start tells whether it can with that."""
        return tuple(self.answers.get(UNTRIED, "").splitlines())

    def settings(self) -> dict[str, Any]:
        """daemon.json as it is written. Raises UnreadableInput where it isn't JSON, or no object."""
        return parse_settings(self.files.get(self.ways.config_file), self.ways.config_file)


Planner = Callable[[Sequence[Finding], Situation], Iterable[Step | NotDone]]
"""Is given all failures of one control, one at least."""


def causes_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The facts behind the findings, each once."""
    return tuple(dict.fromkeys(fact.says for finding in findings for fact in finding.evidence[:1]))


class Planning(Struct, frozen=True, kw_only=True):
    """How findings of one control are mended. `reads`: files that it wants to see; `asks`: name -> a script that
    changes nothing, whose output it wants to see. `named_only`: why it is done only where a person names it."""

    plan: Planner
    reads: tuple[str, ...] = ()
    asks: Mapping[str, str] = {}
    named_only: str = ""


def parse_settings(text: str | None, file: str) -> dict[str, Any]:
    """An empty file, and none, are no settings. Raises UnreadableInput with the line."""
    if text is None or not text.strip():
        return {}
    try:
        settings = json.loads(text, object_pairs_hook=_each_once)
    except json.JSONDecodeError as error:
        raise UnreadableInput(f"not JSON: {error.msg}", file=file, line=error.lineno, hint=_MEND) from None
    except ValueError as error:
        raise UnreadableInput(str(error), file=file, hint=_MEND) from None
    except RecursionError:
        raise UnreadableInput("nested too deep", file=file, hint=_MEND) from None
    if not isinstance(settings, dict):
        raise UnreadableInput("no JSON object", file=file, hint=_MEND)
    return settings


_MEND = "the engine would not start with it: mend it by hand, then run dockworthy harden again"


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice")
        found[key] = value
    return found
