"""Hosts: how each stands, the nodes of a swarm, and what moves when one of them is emptied."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from .result import Answer

HOST_LABEL = "dockworthy.host"
"""Label of a node: how dockworthy.yaml calls the host."""
TASK_ENDED = ("complete", "failed", "rejected", "shutdown", "orphaned", "remove")
"""`Status.State` of a swarm's task that does not run again (GET /tasks)."""


class HostStanding(Struct, frozen=True, kw_only=True):
    """A host of dockworthy.yaml. `answer` is None where it could not be read: `error` says why, `hint` what to do. A
    `hint` alone is of a manager whose swarm has no leader, or nodes on which no task starts.

    `role` is `leader`, `manager` or `worker` of a swarm, "" in none. `lacks`: titles of what fails, worst first;
    `lacking` counts them all. `has_edge`: the edge runs there, which takes the requests for all routes.
    `availability`: `active`, `drain` or `pause`, as a manager that was read says; "" where none does."""

    name: str
    address: str
    answer: Answer | None = None
    engine: str = ""
    role: str = ""
    lacks: tuple[str, ...] = ()
    lacking: int = 0
    has_edge: bool = False
    availability: str = ""
    error: str = ""
    hint: str = ""


class EdgePlaces(Struct, frozen=True, kw_only=True):
    """Names of the nodes on which the edge runs, and of those that run and could not be asked."""

    on: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class NodeRole(StrEnum):
    MANAGER = "manager"
    WORKER = "worker"


class SwarmNode(Struct, frozen=True, kw_only=True):
    """A node as a manager knows it. `reachable`, `votes` and `leader` are of managers (`votes`: it is counted for the
    majority, as one that was lost before a new beginning is not); `facts` are what placement constraints
    may ask of it: `node.labels.zone` -> `a`."""

    id: str
    name: str
    role: NodeRole = NodeRole.WORKER
    leader: bool = False
    reachable: bool = False
    votes: bool = True
    ready: bool = True
    availability: str = "active"
    host: str = ""
    facts: dict[str, str] = {}

    @property
    def takes_tasks(self) -> bool:
        return self.ready and self.availability == "active"

    @property
    def called(self) -> str:
        return self.host or self.name


class MoveKind(StrEnum):
    MOVES = "moves"
    ENDS = "ends"  # a task for each node: the others have theirs
    STUCK = "stuck"  # nobody else may take it
    LOSES = "loses"  # it would begin elsewhere, with an empty volume


class Move(Struct, frozen=True, kw_only=True):
    """What becomes of a service's tasks on a node that is emptied. `wanted`: how many of it run
    in all; `to`: the nodes that may take them."""

    service: str
    service_id: str
    tasks: int
    wanted: int
    kind: MoveKind
    to: tuple[str, ...] = ()
    why: str = ""

    @property
    def must_be_asked_for(self) -> bool:
        return self.kind in (MoveKind.STUCK, MoveKind.LOSES)


class Spread(Struct, frozen=True, kw_only=True):
    """How the tasks of a service are spread over the nodes that may take them.

    `where`: what a node is called -> how many; `moves`: how many tasks would move, so that no node has two more than
    another. `stop_first`: one ends before another one starts; `begun`: an earlier run did not end; `stays`: why none of
    it is moved."""

    service: str
    service_id: str
    replicas: int
    where: dict[str, int]
    moves: int
    stop_first: bool = False
    begun: bool = False
    stays: str = ""

    @property
    def is_to_move(self) -> bool:
        return bool(self.moves or self.begun) and not self.stays


class ServiceGap(Struct, frozen=True, kw_only=True):
    """Seconds during which fewer tasks ran than before (`below`), and none at all (`none`)."""

    service: str
    below: float
    none: float
