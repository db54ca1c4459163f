"""What is there already: other people's tools, as far as their work can be seen from the host. Facts, no judgement.

No text of a script, unit or environment file enters: only which tool, where it stands, and addresses without passwords.
Moments are RFC 3339 in UTC, `""` where there is none.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from .field import NOT_READ, Field, Source


class ToolTask(StrEnum):
    """What a tool does for the people who run containers."""

    METRICS = "metrics"
    ALERTS = "alerts"
    BACKUP = "backup"
    DUMP = "dump"  # of a database
    RESTORE = "restore"
    UPDATE = "update"  # of containers: newer images
    NOTIFY = "notify"  # of newer images, nothing more
    DEPLOY = "deploy"
    PIPELINE = "pipeline"
    EDGE = "edge"
    LOGS = "logs"
    SETUP = "setup"


class HostJob(Struct, frozen=True, omit_defaults=True):
    """A command that the host runs by itself. `by` is the timer's name or `cron`, `schedule` as written there.

    `target` is where its result goes: a repository or a folder. `last_run`: when its timer last went off.
    `pipe_unguarded`: the dump is piped on, and the shell would not notice that it failed.
    """

    does: ToolTask
    tool: str
    by: str
    source: Source
    schedule: str = ""
    target: str = ""
    last_run: str = ""
    enabled: bool = True
    pipe_unguarded: bool = False


class Store(Struct, frozen=True, omit_defaults=True):
    """Where backups lie. `newest`: of the last one that is whole, `count` how many (-1: not counted).

    `disks` are the whole disks under a local path; `encrypted` None where it can't be told. `problem`: why its
    content could not be seen. `finished` is False where the store is no more than files: the last may be cut short.
    """

    tool: str
    place: str
    does: ToolTask
    source: Source
    local: bool
    newest: str = ""
    count: int = -1
    disks: tuple[str, ...] = ()
    encrypted: bool | None = None
    problem: str = ""
    finished: bool = True
    who: str = ""
    """`container/NAME` where only a container's mounts tell of it."""
    append_only: str = ""
    """When removing was tried there and refused, "" where it was not tried."""


class RunningTool(Struct, frozen=True, omit_defaults=True):
    """A program of the host (not of a container) that is known for a task."""

    tool: str
    does: tuple[ToolTask, ...]
    program: str
    pid: int


class ScrapeTarget(Struct, frozen=True, omit_defaults=True):
    """What a Prometheus scrapes: `health` is `up`, `down` or `unknown`; `serves` the telling metrics of it."""

    job: str
    address: str
    health: str
    last_scrape: str = ""
    error: str = ""
    serves: tuple[str, ...] = ()


class ToolAnswer(Struct, frozen=True, omit_defaults=True):
    """What answered at a local address that was asked. `who` is `container/NAME`, `service/NAME`, the host's program,
    or `port/NUMBER` where the engine holds that port, and for whom is not known.

    `metrics` are the telling ones that it serves itself, or that a Prometheus collects. `scrapes`: how often it was
    asked since it started, `uptime` seconds before; `connected`: somebody keeps a connection to it now.
    `problem`: why there is no answer.
    """

    tool: str
    address: str
    who: str
    metrics: tuple[str, ...] = ()
    targets: tuple[ScrapeTarget, ...] = ()
    alert_rules: int = -1
    alertmanagers: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    scrapes: int = -1
    uptime: float = 0.0
    connected: bool = False
    problem: str = ""


class ToolConnection(Struct, frozen=True, omit_defaults=True):
    """A connection that a tool has made, to `ADDRESS:PORT` elsewhere."""

    tool: str
    who: str
    to: str


class ProjectFolder(Struct, frozen=True, omit_defaults=True):
    """The folder from which containers were made. `repository`: the work tree's top; `remote` its address.

    `tracked`: whether the Compose file is under version control, None where it can't be told. `head`: the commit.
    `pipelines`: files that describe one; `checks`: the scanners they call, `toothless`: those whose failure
    stops nothing; `deploys`, `builds`: whether they do.
    """

    name: str
    folder: str
    present: bool
    repository: str = ""
    remote: str = ""
    head: str = ""
    tracked: bool | None = None
    pipelines: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    toothless: tuple[str, ...] = ()
    builds: bool = False
    deploys: bool = False


class Forwarding(Struct, frozen=True, omit_defaults=True):
    """Logs that the host sends away. `container_files`: it reads the files of the engine's containers, too."""

    tool: str
    to: str
    source: Source
    container_files: bool = False


class SetUp(Struct, frozen=True, omit_defaults=True):
    """What configures the host. `failures` of its last run, -1 where it does not tell."""

    tool: str
    source: Source
    last_run: str = ""
    failures: int = -1


class Drill(Struct, frozen=True, omit_defaults=True):
    """A proof by doing: a restore, a rollback, a deploy under load. `passed` is its outcome. `lapses`: when it proves
    nothing any more, "" where whoever did it does not say. `proves`: what for, in words: `the restore of shop`."""

    demand: str
    does: ToolTask
    tool: str
    says: str
    when: str
    passed: bool
    source: Source
    lapses: str = ""
    proves: str = ""


class EvidenceFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`asked` is every request that was sent to a local address, for people to see."""

    jobs: Field[tuple[HostJob, ...]] = NOT_READ
    stores: Field[tuple[Store, ...]] = NOT_READ
    running: Field[tuple[RunningTool, ...]] = NOT_READ
    answers: Field[tuple[ToolAnswer, ...]] = NOT_READ
    connections: Field[tuple[ToolConnection, ...]] = NOT_READ
    projects: Field[tuple[ProjectFolder, ...]] = NOT_READ
    forwarding: Field[tuple[Forwarding, ...]] = NOT_READ
    set_up: Field[tuple[SetUp, ...]] = NOT_READ
    drills: Field[tuple[Drill, ...]] = NOT_READ
    data_disks: Field[tuple[str, ...]] = NOT_READ
    """The whole disks under the engine's data."""
    asked: tuple[str, ...] = ()
