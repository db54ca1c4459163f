"""A release: what was shipped, written before the roll-out begins; what became of it follows."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from .compose_project import ComposeProject, project_as_json, project_from_json


class ReleaseState(StrEnum):
    """`prepared`: written, nothing begun. `failed`: neither up nor taken back, a person must look."""

    PREPARED = "prepared"
    ROLLING_OUT = "rolling_out"
    OBSERVING = "observing"
    KEPT = "kept"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self in (ReleaseState.KEPT, ReleaseState.ROLLED_BACK, ReleaseState.FAILED)


class ShippedService(Struct, frozen=True, kw_only=True):
    """`reference`: the image as it was written; `image`: what runs, `name@sha256:…` or an id `sha256:…`. `image_id`:
    the id of that on the engine. `spec_hash`: Compose's own hash of the definition, by which its tasks are known;
    `equal_hashes`: of definitions that say the same, as Compose makes them of the person's own file."""

    reference: str
    image: str
    image_id: str
    spec_hash: str
    equal_hashes: tuple[str, ...] = ()
    replicas: int = 1

    @property
    def hashes(self) -> frozenset[str]:
        return frozenset((self.spec_hash, *self.equal_hashes))


class GateFinding(Struct, frozen=True, kw_only=True):
    """What the gate let pass although it is not good (excepted, unknown), and how what the policy asks before a deploy
    came out (`before-deploy/…`)."""

    control: str
    subject: str
    outcome: str
    says: str = ""


class JobOutcome(StrEnum):
    """`begun`: nobody saw how it ended. `failed`: it may have done a part of its work."""

    NOT_RUN = "not_run"
    BEGUN = "begun"
    RAN = "ran"
    FAILED = "failed"


class JobRun(Struct, frozen=True, kw_only=True):
    """What became of one job in one release."""

    job: str
    outcome: JobOutcome = JobOutcome.NOT_RUN


class JobLastRun(Struct, frozen=True, kw_only=True):
    """The newest release in which a job was begun, and what became of both; None where no record tells of one."""

    job: str
    release: int | None = None
    state: ReleaseState | None = None
    outcome: JobOutcome | None = None


class Observation(Struct, frozen=True, kw_only=True):
    """What was seen of a release. Times in seconds; None where nothing told it. `broken`: the objectives that it did
    not keep to, as sentences; () is a release that may stay."""

    seconds: float
    probes: int = 0
    probes_failed: int = 0
    requests: int | None = None
    requests_failed: int | None = None
    p95: float | None = None
    restarts: int = 0
    broken: tuple[str, ...] = ()


class Release(Struct, frozen=True, kw_only=True):
    """`spec` is the Compose project as shipped: images pinned, secret values cut out. `versions`: secret or config ->
    the version that it uses. `rollback_of`: the release that this one takes back; `returns_to`: whose spec it is.

    `who` as `user@host`; times in RFC 3339, UTC. `steps`: what was to be done, in words. `why`: of the outcome.
    """

    number: int
    project: str
    target: str
    state: ReleaseState
    spec: ComposeProject
    services: dict[str, ShippedService]
    container_names: dict[str, str] = {}
    jobs_before: tuple[str, ...] = ()
    jobs_after: tuple[str, ...] = ()
    jobs: tuple[JobRun, ...] | None = None
    """What became of its jobs, in their order. None: an older dockworthy wrote the record, and did not note it."""
    left: tuple[str, ...] = ()
    """Services of its file that it says nothing of: nobody had shipped them yet when others were named."""
    versions: dict[str, str] = {}
    settings: dict[str, Any] = {}
    """Of `deploy:` as they were: the routes, objectives and jobs that belong to the spec."""
    commit: str = ""
    who: str = ""
    began: str = ""
    ended: str = ""
    rollback_of: int | None = None
    returns_to: int | None = None
    irreversible: bool = False
    steps: tuple[str, ...] = ()
    nothing_before: bool = False
    """No container of the project was there when it began: taken back, it leaves none."""
    findings: tuple[GateFinding, ...] = ()
    observation: Observation | None = None
    why: str = ""
    hint: str = ""
    """What to do about `why`."""
    schema: int = 1


def release_as_json(release: Release) -> bytes:
    """One line. In the record the project stands as Compose renders it."""
    return msgspec.json.encode(release, enc_hook=project_as_json)


def release_from_json(content: bytes) -> Release:
    """Raises msgspec.DecodeError, UnicodeDecodeError, RecursionError."""
    return msgspec.json.decode(content, type=Release, dec_hook=project_from_json)
