"""The containers of a machine, and the gaps that forbid to say "there is none"."""

from __future__ import annotations

from ...model.field import Set, Unknown
from ...model.finding import Judgement, unknown
from ...model.machine import Machine
from ...model.workload import Container, State, Unit

_TELL = "access to the engine's socket"


def containers(machine: Machine) -> list[tuple[Unit, Container]]:
    """Every container of the engine, stopped ones too."""
    return [(unit, unit.containers[0]) for unit in machine.units if unit.kind == "container" and unit.containers]


def running(machine: Machine) -> list[tuple[Unit, Container]]:
    return [(unit, container) for unit, container in containers(machine) if state_of(container).running]


def state_of(container: Container) -> State:
    """An unknown state counts as stopped: ask `gap` for it first where that would be good."""
    return container.state.value if isinstance(container.state, Set) else State("unknown", running=False)


def gap(machine: Machine, *lists: str) -> Judgement | None:
    """Unknown where the engine, one of these lists (`containers`, `images`, …) or an object of one was not seen."""
    if isinstance(machine.engine_answers, Unknown):
        answers = machine.engine_answers
        return unknown(f"the engine could not be asked: {answers.reason}", answers.source, tell=answers.tell or _TELL)
    kinds = {name.removesuffix("s") for name in lists}
    for name, reason in machine.unseen.items():
        if name in lists or name.split("/", 1)[0] in kinds:
            return unknown(f"{name} could not be read: {reason}", tell=_TELL)
    return None


def image_name(image_id: str, tags: tuple[str, ...]) -> str:
    """The subject's id for an image, as in all other findings."""
    return f"image/{tags[0] if tags else image_id.removeprefix('sha256:')[:12]}"
