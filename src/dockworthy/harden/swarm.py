"""An engine that is to begin or join a swarm: live-restore, which a swarm refuses, is turned off.

Measured on engine 26.1: with it `docker swarm init` fails ("--live-restore daemon configuration is incompatible with
swarm mode"). Taken out of daemon.json it stays on until the engine restarts; written as false, a reload turns it off.
"""

from __future__ import annotations

from msgspec import structs

from ..errors import UsageError
from ..model.field import Set
from ..model.hardening import Effect, HardenPlan, NotDone, SetSettings, Step
from .disturbance import disturbances
from .exact_change import exact_change
from .situation import Situation
from .steps.engine_settings import on_command_line
from .untried import held_back

_ID = "engine/live-restore"


def plan_for_swarm(situation: Situation, host: str) -> HardenPlan:
    """One step, or none where nothing keeps a swarm from beginning. Raises UsageError on a node of a swarm."""
    if situation.in_swarm:
        raise UsageError(f"{host} is in a swarm already", hint="docker node ls, on a manager")
    if not situation.live_restore:
        return HardenPlan(host=host, steps=(), for_swarm=True)
    if on_command_line("live-restore", situation):
        return HardenPlan(host=host, steps=(), not_done=(_on_command_line(situation),), for_swarm=True)
    setting = situation.machine.engine.setting("live-restore")
    where = setting.source.where if isinstance(setting, Set) and setting.source else "GET /info"
    step = Step(
        id=_ID,
        title="Turn live-restore off, so that a swarm can begin here",
        causes=(f"live-restore is on ({where}), and an engine that has it refuses swarm mode",),
        deeds=(SetSettings(values={"live-restore": False}),),
        effect=Effect.RELOAD,
        disturbs=("from now on a restart of the engine stops its containers: drain the node before",),
        undone_by="the old daemon.json, and the engine told again",
    )
    steps, held = held_back([step], situation)
    shown = tuple(structs.replace(step, diff=exact_change(step, situation)) for step in steps)
    disturbs = tuple(disturbances(steps, situation))
    return HardenPlan(host=host, steps=shown, disturbs=disturbs, not_done=tuple(held), for_swarm=True)


def _on_command_line(situation: Situation) -> NotDone:
    return NotDone(
        id=_ID,
        why="live-restore stands on the engine's command line, and an engine that has it refuses swarm mode",
        instead=f"take --live-restore out of the unit (systemctl edit {situation.ways.unit}) and restart the engine",
    )
