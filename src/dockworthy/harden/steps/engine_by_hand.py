"""What harden does not do to an engine by itself: why, and what a person does instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ...model.finding import Finding
from ...model.hardening import Effect, NotDone, SetSettings, Step
from ..situation import Planning, Situation, causes_of

BY_HAND = {
    "engine/storage-driver": (
        "another storage driver would hide all images and containers that are there",
        "save volumes and images, change it on an empty engine, load them again",
    ),
    "engine/base-device-size": (
        "devices that were made with this size stay as they are, and devicemapper itself is gone since engine 25",
        "move to overlay2: save volumes and images, change the driver on an empty engine, load them again",
    ),
    "engine/cgroup-parent": ("which cgroup was meant, only its author knows", "remove cgroup-parent by hand"),
    "engine/insecure-registries": (
        "without a certificate of the registry, taking it out of the list would end every pull from it",
        "give the registry a certificate first (/etc/docker/certs.d/HOST/ca.crt)",
    ),
    "engine/authorization-plugin": (
        "a plugin that does not answer makes the engine refuse every request, and none is installed here",
        "dockworthy guard install brings one that starts before the engine, and takes itself back where it fails",
    ),
    "engine/api-minimum-version": (
        "clients of old API versions would be refused from then on, and which these are is not known here",
        "update the clients, then take min-api-version out of daemon.json (DOCKER_MIN_API_VERSION out of the unit)",
    ),
    "engine/log-destination": (
        "where logs are to go is yours to say",
        "run a collector on each host, or set log-driver and its address in daemon.json",
    ),
    "engine/limits-enforceable": (
        "which control groups the kernel offers is decided when it boots",
        "boot with cgroup v2: systemd.unified_cgroup_hierarchy=1 on the kernel's command line",
    ),
    "engine/release": (
        "an upgrade of the engine is an event of its own: its clients and its settings are looked at before",
        "upgrade the packages host by host, with live-restore on or the node drained",
    ),
    "engine/runtime-release": (
        "an upgrade of the runtime is an event of its own",
        "upgrade the packages of containerd and runc; containers that run keep the old one until they are recreated",
    ),
}


def plan_accepted(findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    """The one refusal whose mending nobody can mean otherwise: a swarm's node with live-restore."""
    says = causes_of(findings)
    if situation.in_swarm and all(cause.startswith("live-restore:") for cause in says):
        yield Step(
            id=findings[0].control,
            title="Turn live-restore off: with it this node of a swarm would not start again",
            causes=says,
            deeds=(SetSettings(values={"live-restore": False}),),
            effect=Effect.RELOAD,
            disturbs=("a restart of the engine stops its containers: drain the node before",),
            undone_by="the old daemon.json, and the engine told again",
        )
        return
    yield NotDone(
        id=findings[0].control,
        why=f"the engine would not start again: {'; '.join(says)}; what was meant, only its author knows",
        instead=f"mend it: dockerd --validate --config-file {situation.ways.config_file}",
    )


def plan_loaded(findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    if situation.machine.engine.pending.keys() == {"icc"} and not situation.untried:
        yield NotDone(
            id=findings[0].control,
            why="icc is written, and the engine changes its default bridge only when it starts while no container runs",
            instead=f"in a maintenance window: stop the containers, {situation.ways.restarts_by}, start them",
        )
        return
    yield NotDone(
        id=findings[0].control,
        why="somebody wrote these settings and did not load them: whether they are meant, a person must say",
        instead="read the file; then restart the engine in a maintenance window, or write what runs",
    )


def _by_hand(why: str, instead: str, findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    yield NotDone(id=findings[0].control, why=why, instead=instead)


PLANNINGS = {
    "engine/settings-accepted": Planning(plan=plan_accepted),
    "engine/settings-loaded": Planning(plan=plan_loaded),
    **{id: Planning(plan=partial(_by_hand, *words)) for id, words in BY_HAND.items()},
}
