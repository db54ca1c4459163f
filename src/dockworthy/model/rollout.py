"""From what runs to what is to run: the tasks that were seen, and the steps of a plan."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from .compose_project import ComposeProject
from .edge_network import EDGE_NETWORK as EDGE_NETWORK
from .release import ShippedService


class TaskState(StrEnum):
    """Of a container, in the engine's words, as far as they matter here."""

    CREATED = "created"
    RUNNING = "running"
    RESTARTING = "restarting"
    PAUSED = "paused"
    EXITED = "exited"
    DEAD = "dead"


class Health(StrEnum):
    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class Task(Struct, frozen=True, kw_only=True):
    """One container of a service. `spec_hash`: as Compose wrote it on it; `addresses`: network -> IP address;
    `edge_names`: its names on the edge's network; `mounts`: path inside -> volume or path of the host. `is_job`: it was
    started to run once. `attempt`: on a swarm, its own id of what runs now, where the task is what stands in a slot."""

    id: str
    name: str
    service: str
    spec_hash: str
    image_id: str
    state: TaskState
    health: Health = Health.NONE
    restarts: int = 0
    exit_code: int = 0
    error: str = ""
    started: str = ""
    addresses: dict[str, str] = {}
    edge_names: tuple[str, ...] = ()
    mounts: dict[str, str] = {}
    is_job: bool = False
    attempt: str = ""

    @property
    def is_serving(self) -> bool:
        return self.state is TaskState.RUNNING and self.health in (Health.NONE, Health.HEALTHY)

    def is_of(self, shipped: ShippedService) -> bool:
        """Was it made of that definition and image? A name that points elsewhere now makes no difference."""
        return self.spec_hash in shipped.hashes and self.image_id == shipped.image_id

    def is_found_by(self, edge_name: str | None) -> bool:
        """May it stay as it is at the edge: has it that name there, or is it to join yet? None: any name will do. Who
        may see no secrets is shown that there is one (`***`), which no older version gave."""
        return edge_name is None or EDGE_NETWORK not in self.addresses or bool({edge_name, "***"} & {*self.edge_names})


class Standby(Struct, frozen=True, kw_only=True):
    """Old containers that go on running out of rotation. `mark`: under which name that is noted; `left`: seconds until
    they are removed, not above 0 where that is overdue; `tasks`: their ids."""

    mark: str
    left: float
    tasks: tuple[str, ...]


class LostContainer(Struct, frozen=True, kw_only=True):
    """It runs, and no task of the swarm is for it any more. `node`: what its node is called, "" for the manager that is
    asked."""

    id: str
    service: str
    node: str = ""


class UnseenNode(Struct, frozen=True, kw_only=True):
    """A node of a swarm that could not be asked what it runs, why, and what helps."""

    name: str
    why: str
    hint: str = ""


class Running(Struct, frozen=True, kw_only=True):
    """A project as it was seen, and what else the engine has that it could meet: all volumes and networks (name ->
    labels), who mounts which volume to write (volume -> names of running containers of other projects), who has which
    port of the host (`80/tcp`, or `127.0.0.1:80/tcp`, -> name of a container of another project). `standby`: which of
    the tasks are kept for a short way back. `lost`: service -> its containers on any node that run for no task of the
    swarm; `unseen`: nodes of which that is unknown. Both are looked for only where they are asked for."""

    tasks: dict[str, tuple[Task, ...]] = {}
    volumes: dict[str, dict[str, str]] = {}
    networks: dict[str, dict[str, str]] = {}
    volume_users: dict[str, tuple[str, ...]] = {}
    host_ports: dict[str, str] = {}
    standby: tuple[Standby, ...] = ()
    lost: dict[str, tuple[LostContainer, ...]] = {}
    unseen: tuple[UnseenNode, ...] = ()


class Leaving(Struct, frozen=True):
    """How containers leave an edge that is not ours: `settle` seconds for it to notice; `signal` makes an app fail its
    health check and go on serving ("": nothing does)."""

    settle: float
    signal: str = ""


class Desired(Struct, frozen=True, kw_only=True):
    """A project as it is to be. `spec`: the Compose project as it will be given to Compose, images pinned, networks of
    the edge joined. `container_names`: service -> the name that its container is to have. `routed`: at the edge.
    `edge_names`: service -> the secret name by which the edge finds its containers. `leaving`: services at somebody
    else's. `jobs_idle`: jobs that do not run this time. `left`: services of its file that it says nothing of, because
    nobody had shipped them yet when it was narrowed to others."""

    project: str
    spec: ComposeProject
    services: dict[str, ShippedService]
    container_names: dict[str, str] = {}
    routed: tuple[str, ...] = ()
    edge_names: dict[str, str] = {}
    leaving: dict[str, Leaving] = {}
    jobs_before: tuple[str, ...] = ()
    jobs_after: tuple[str, ...] = ()
    jobs_idle: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class StepKind(StrEnum):
    NETWORK = "network"
    VOLUME = "volume"
    STORE = "store"  # secrets and configs, as files of the host
    JOB = "job"
    LOAD = "load"  # an image that no registry has, on nodes that lack it
    CREATE = "create"
    REPLACE = "replace"
    SCALE = "scale"
    CLEAR = "clear"  # what an earlier run left over
    RESTART = "restart"  # what should run, and does not
    JOIN_EDGE = "join_edge"
    LEAVE_EDGE = "leave_edge"
    ROUTES = "routes"
    RETURN = "return"  # old containers that ran on get requests again
    REMOVE = "remove"
    ADOPT = "adopt"  # it runs as it is wanted, and somebody else made it so


class Order(StrEnum):
    """How a service's containers are replaced; Compose's own words (`deploy.update_config.order`)."""

    START_FIRST = "start-first"
    STOP_FIRST = "stop-first"


class RolloutStep(Struct, frozen=True, kw_only=True):
    """`causes` are the facts that make it necessary, in words. `gap`: seconds in which the service does not answer, as
    expected; None where that can't be told. `tasks`: ids of those that go away with it; `stand_by`: they go on running,
    out of rotation. `back`: ids of those that get requests again. `newer`: of those that took their place already; when
    the release is taken back, these go and `tasks` run again."""

    kind: StepKind
    subject: str
    says: str
    causes: tuple[str, ...] = ()
    order: Order | None = None
    gap: float | None = 0.0
    tasks: tuple[str, ...] = ()
    replicas: int = 1
    stand_by: bool = False
    back: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()


class Question(Struct, frozen=True, kw_only=True):
    """What must not be done without a person's word: `accept` is what they say to it (`--accept data:empty`)."""

    accept: str
    says: str
    hint: str = ""


class RolloutPlan(Struct, frozen=True, kw_only=True):
    """What will be done, in this order. `questions` stop it until they are answered; `notes` are worth knowing."""

    project: str
    number: int
    steps: tuple[RolloutStep, ...]
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()
    nothing_before: bool = False
    """No container of the project was there."""

    @property
    def is_empty(self) -> bool:
        return not self.steps


class ServiceStanding(Struct, frozen=True, kw_only=True):
    """`wanted` and `serving` count containers; `faults`: what is wrong, in the engine's words as far as it has any.
    `standby`: what of it runs on for a short way back, in words."""

    service: str
    image: str
    wanted: int
    serving: int
    faults: tuple[str, ...] = ()
    standby: str = ""

    @property
    def is_good(self) -> bool:
        return not self.faults and self.serving == self.wanted
