"""Hardening: what will be done to a host, why, what it disturbs, and how it is taken back."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct

from .finding import Finding
from .hardening_journal import HardenRun, StageOutcome

SETUP = "setup/engine"
"""Id of the step that brings an engine: no control causes it, but a person who asks for it."""


class Effect(StrEnum):
    """What it takes until a change is in force."""

    AT_ONCE = "at_once"
    RELOAD = "reload"  # the engine reads daemon.json again
    RESTART = "restart"  # the engine restarts
    WHEN_IDLE = "when_idle"  # the engine restarts while no container runs
    REBOOT = "reboot"


class WriteFile(Struct, frozen=True, kw_only=True, tag="write", tag_field="do"):
    """A file with new content, written beside the old one and put in its place at once.

    `before` is its text as the plan saw it, None where there was no file: found otherwise, nothing is written. `mode`
    and `owner` (uid, gid) are those of the file that is replaced where they are None. A `secret` one is never shown.
    """

    path: str
    before: str | None
    after: str
    mode: int | None = None
    owner: tuple[int, int] | None = None
    secret: bool = False


class RemoveFile(Struct, frozen=True, kw_only=True, tag="remove", tag_field="do"):
    path: str
    before: str


class SetMode(Struct, frozen=True, kw_only=True, tag="mode", tag_field="do"):
    """Mode (permission bits) and owner (uid, gid) of a file or folder; None stays as it is."""

    path: str
    mode: int | None = None
    owner: tuple[int, int] | None = None


class SetSettings(Struct, frozen=True, kw_only=True, tag="settings", tag_field="do"):
    """Settings of the engine in daemon.json: name -> value, None takes it away; all others stay as they are.

    `gone_means`: what to reload with when this is taken back, for names that were not there. The engine keeps what it
    has when a name is gone from the file, so it must be told the old value once.
    """

    values: dict[str, Any]
    gone_means: dict[str, Any] = {}


class Run(Struct, frozen=True, kw_only=True, tag="run", tag_field="do"):
    """A command without a shell, and the command that takes it back (may run when there is nothing to take back)."""

    argv: tuple[str, ...]
    undo: tuple[str, ...] = ()
    says: str = ""


Deed = WriteFile | RemoveFile | SetMode | SetSettings | Run


class Step(Struct, frozen=True, kw_only=True):
    """One change and all that belongs to it. `id` is the control whose finding causes it.

    `causes` are the facts in words, `disturbs` what a person must expect meanwhile (empty: nothing), `undone_by` how it
    is taken back. `pending` says why it will not be in force at once, where it won't.
    """

    id: str
    title: str
    causes: tuple[str, ...]
    deeds: tuple[Deed, ...]
    effect: Effect = Effect.AT_ONCE
    disturbs: tuple[str, ...] = ()
    undone_by: str = ""
    pending: str = ""
    diff: str = ""
    """The exact change, for people; secrets in it are hidden."""


class NotDone(Struct, frozen=True, kw_only=True):
    """A finding that is not mended here: `why` in words, and what a person can do `instead`. `held`: it would be, but
    for something that a person must look at first."""

    id: str
    why: str
    instead: str = ""
    held: bool = False


class HardenPlan(Struct, frozen=True, kw_only=True):
    """`host` is how the host is called. `disturbs`: what a person must expect of the whole, as sentences. `unseen`:
    what could not be judged, so that nothing could be planned for it. `for_swarm`: nothing but what a swarm needs."""

    host: str
    steps: tuple[Step, ...]
    disturbs: tuple[str, ...] = ()
    not_done: tuple[NotDone, ...] = ()
    unseen: tuple[str, ...] = ()
    for_swarm: bool = False


class Hardened(Struct, frozen=True, kw_only=True):
    """The plan and the findings before; where it was applied, what became of the stages, and the findings after."""

    plan: HardenPlan
    before: tuple[Finding, ...]
    stages: tuple[StageOutcome, ...] = ()
    after: tuple[Finding, ...] | None = None


class Journal(Struct, frozen=True, kw_only=True):
    """What a host remembers of all runs, oldest first."""

    host: str
    runs: tuple[HardenRun, ...]


class TakenBack(Struct, frozen=True, kw_only=True):
    """Which run was taken back, and what is worse now than it was before that, as sentences."""

    host: str
    run: HardenRun
    worse: tuple[str, ...]
