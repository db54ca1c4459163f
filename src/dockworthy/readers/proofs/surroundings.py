"""What every reader of proofs needs: the facts, who runs which tool, and how old something is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple, TypeVar

from msgspec import structs

from ...model.engine import Image
from ...model.evidence import Drill, ToolTask
from ...model.field import Field, Set, Source
from ...model.knowledge.tools import tool_of_container
from ...model.moments import days_between
from ...model.proof import Proof, Strength
from ...model.published_ports import PublishedPort, published_ports
from ...model.snapshot import Snapshot
from ...model.standing_proofs import PROVEN_FOR
from ...model.workload import Container, Unit
from .makers import Makers

T = TypeVar("T")
_AHEAD = 1 / 24
"""Days by which the clock of another host, or of another program, may be ahead."""


class SeenTool(NamedTuple):
    """A tool that runs: `who` is `container/NAME` or the host's program, `how` what told it."""

    tool: str
    who: str
    how: str
    does: tuple[ToolTask, ...]
    source: Source
    unit: Unit | None


class ProofSurroundings:
    def __init__(self, snapshot: Snapshot, units: tuple[Unit, ...], images: tuple[Image, ...]) -> None:
        self.snapshot = snapshot
        self.evidence = snapshot.evidence
        self.units = units
        self.makers = Makers(snapshot, units)
        self.images = images

    @cached_property
    def tools(self) -> tuple[SeenTool, ...]:
        """The tools that run in containers and on the host."""
        return (*self._in_containers(), *self._on_host())

    @cached_property
    def published(self) -> tuple[PublishedPort, ...]:
        return published_ports(self.snapshot.engine)

    @cached_property
    def inside(self) -> dict[int, str]:
        """Process id -> `container/NAME`."""
        return {
            process.pid: f"container/{one.name}"
            for one in listed(self.snapshot.engine.containers)
            for process in listed(one.processes)
        }

    def doing(self, *tasks: ToolTask) -> Iterator[SeenTool]:
        """Those made for one of these tasks."""
        return (seen for seen in self.tools if set(tasks) & set(seen.does))

    def days_since(self, moment: str) -> float | None:
        """Days from `moment` to the reading; None where one of them is no moment, or where it is still to come."""
        days = self._days(moment)
        return None if days is None or days < -_AHEAD else days

    def is_to_come(self, moment: str) -> bool:
        """Is it in the future? A clock was wrong, or somebody wrote it: nothing tells how long ago it was."""
        days = self._days(moment)
        return days is not None and days < -_AHEAD

    def has_lapsed(self, drill: Drill) -> bool:
        """Is the time over for which it proves something? Where whoever did it does not say, that is half a year."""
        if drill.lapses:
            left = days_between(self.snapshot.taken, drill.lapses)
            return left is None or left <= 0
        days = self._days(drill.when)
        return days is None or days > PROVEN_FOR.days

    def ago(self, moment: str) -> str:
        """How long ago, in words a person would use."""
        if self.is_to_come(moment):
            return f"at a time in the future ({moment[:16]}), so when is unknown"
        return ago(self.days_since(moment))

    def _days(self, moment: str) -> float | None:
        return days_between(moment, self.snapshot.taken)

    def _in_containers(self) -> Iterator[SeenTool]:
        for unit, container in self.running():
            image = container.image.value if isinstance(container.image, Set) else ""
            told = tool_of_container(image, _programs(container))
            if told is not None:
                source = Source(container.source.where, "Config.Image")
                yield SeenTool(told[0].name, unit.id, told[1], told[0].does, source, unit)

    def _on_host(self) -> Iterator[SeenTool]:
        for one in listed(self.evidence.running):
            yield SeenTool(one.tool, one.program, f"process {one.pid}", one.does, Source(f"/proc/{one.pid}/exe"), None)

    def running(self) -> Iterator[tuple[Unit, Container]]:
        """The containers that run, each with its unit."""
        for unit in self.units:
            for container in unit.containers:
                if unit.kind == "container" and isinstance(container.state, Set) and container.state.value.running:
                    yield unit, container


def doubted(proof: Proof, doubt: str) -> Proof:
    """What shows nothing for certain is no more than seen. What speaks against the host stands."""
    if not doubt or not proof.good or proof.strength is not Strength.MEASURED:
        return proof
    return structs.replace(proof, strength=Strength.SEEN, says=f"{proof.says}; this proves nothing: {doubt}")


def listed(field: Field[tuple[T, ...]]) -> tuple[T, ...]:
    """The list, empty where it is not known."""
    return field.value if isinstance(field, Set) else ()


def ago(days: float | None) -> str:
    """How long ago, in words a person would use."""
    if days is None:
        return "at an unknown time"
    hours = max(days * 24, 0)
    if hours < 1.5:
        return "in the last hour"
    return f"{hours:.0f} hours ago" if hours < 48 else f"{days:.0f} days ago"


def _programs(container: Container) -> frozenset[str] | None:
    if not isinstance(container.processes, Set):
        return None
    return frozenset(process.program for process in container.processes.value)
