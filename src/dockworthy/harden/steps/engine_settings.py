"""Settings of the engine: which value satisfies a control, what it takes to be in force, what it disturbs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from ...model.field import Set
from ...model.finding import Finding
from ...model.hardening import Effect, NotDone, SetSettings, Step
from ..situation import Planning, Situation, causes_of


class Setting(Struct, frozen=True, kw_only=True):
    """`values` for daemon.json; `costs` what a person must expect besides a restart; `later` why it is pending.

    `gone_means`: see SetSettings."""

    title: str
    values: dict[str, Any]
    gone_means: dict[str, Any] = {}
    effect: Effect = Effect.RESTART
    costs: tuple[str, ...] = ()
    later: str = ""


_NEW_CONTAINERS = "holds for containers that are made from then on: recreate those that run"

SETTINGS = {
    "engine/live-restore": Setting(
        title="Let containers survive a restart of the engine",
        values={"live-restore": True},
        gone_means={"live-restore": False},
        effect=Effect.RELOAD,
        costs=("no swarm can begin here while it is on; dockworthy harden --for-swarm turns it off",),
    ),
    "engine/log-rotation": Setting(
        title="Rotate the logs of containers",
        values={"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "5"}},
        costs=(_NEW_CONTAINERS,),
    ),
    "engine/no-new-privileges": Setting(
        title="No process in a container gains privileges by a setuid program",
        values={"no-new-privileges": True},
        costs=(_NEW_CONTAINERS, "a container that needs su or sudo must ask: --security-opt no-new-privileges=false"),
    ),
    "engine/userland-proxy": Setting(
        title="Publish ports without docker-proxy",
        values={"userland-proxy": False},
        costs=("a container's published port is translated by the kernel alone from its next start on",),
    ),
    "engine/icc": Setting(
        title="Containers on the default bridge can't reach each other",
        values={"icc": False},
        effect=Effect.WHEN_IDLE,
        costs=("containers on the default bridge that talk to each other need a network of their own",),
        later="the engine changes the default bridge only when it starts while no container runs",
    ),
    "engine/default-ulimits": Setting(
        title="Limit open files in containers",
        values={"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 524288}}},
        costs=(_NEW_CONTAINERS,),
    ),
    "engine/default-namespaces": Setting(
        title="New containers get IPC and cgroup namespaces of their own",
        values={"default-ipc-mode": "private", "default-cgroupns-mode": "private"},
        costs=(_NEW_CONTAINERS, "a container that joins another one's memory must ask: --ipc shareable"),
    ),
    "engine/metrics-address": Setting(
        title="Offer the engine's metrics on this host only", values={"metrics-addr": "127.0.0.1:9323"}
    ),
    "engine/default-seccomp": Setting(
        title="Filter system calls with the engine's own profile",
        values={"seccomp-profile": None},
        costs=(_NEW_CONTAINERS,),
    ),
    "engine/experimental": Setting(
        title="No experimental features", values={"experimental": None}, costs=("what uses them fails",)
    ),
    "engine/log-level": Setting(title="Log at level info", values={"debug": None, "log-level": "info"}),
    "engine/default-runtime": Setting(
        title="The engine's own runtime is the default",
        values={"default-runtime": "runc"},
        effect=Effect.RELOAD,
        costs=("containers that need the special runtime have to name it",),
    ),
    "engine/firewall-rules": Setting(
        title="Let the engine keep its firewall rules", values={"iptables": None, "ip6tables": None}
    ),
}


def plan_setting(setting: Setting, findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    """The step, or why the setting can't be changed in daemon.json."""
    control = findings[0].control
    flag = next((name for name in setting.values if on_command_line(name, situation)), "")
    if flag:
        yield NotDone(
            id=control,
            why=f"{flag} stands on the engine's command line, and the engine refuses it in daemon.json as well",
            instead=f"take --{flag} out of the unit (systemctl edit {situation.ways.unit}), then run this again",
        )
        return
    yield Step(
        id=control,
        title=setting.title,
        causes=causes_of(findings),
        deeds=(SetSettings(values=_fitting(setting.values, situation), gone_means=setting.gone_means),),
        effect=setting.effect,
        disturbs=setting.costs,
        undone_by="the old daemon.json, and the engine told again",
        pending=setting.later if situation.running else "",
    )


def _fitting(values: dict[str, Any], situation: Situation) -> dict[str, Any]:
    """A log driver that was chosen stays, and how many files are kept: only the limit of their size is missing. So does
    the port of the metrics."""
    if "metrics-addr" in values:
        port = str(situation.settings().get("metrics-addr") or "").rpartition(":")[2]
        return {"metrics-addr": f"127.0.0.1:{port}"} if port.isdigit() else values
    if "log-opts" not in values:
        return values
    driver = situation.machine.engine.setting("log-driver")
    chosen = situation.settings().get("log-opts") or {}
    options = {name: value for name, value in values["log-opts"].items() if name == "max-size" or name not in chosen}
    named = isinstance(driver, Set) and driver.value == "json-file"
    return {**({} if named else {"log-driver": values["log-driver"]}), "log-opts": options}


def on_command_line(name: str, situation: Situation) -> bool:
    """Does it stand in the engine's own arguments? A list's flag may be in the singular (`--label`, `--log-opt`)."""
    flags = {argument.partition("=")[0] for argument in situation.ways.argv if argument.startswith("--")}
    return bool({f"--{name}", f"--{name.removesuffix('s')}", f"--{name.removesuffix('opts')}opt"} & flags)


def plan_live_restore(findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    if situation.in_swarm:
        why = "a node of a swarm must not have live-restore: its engine would not start again"
        instead = "drain the node before its engine is restarted: docker node update --availability drain NODE"
        yield NotDone(id=findings[0].control, why=why, instead=instead)
    elif situation.swarm_wanted:
        why = "dockworthy.yaml says deploy.target: swarm, and no swarm begins on an engine with live-restore"
        yield NotDone(id=findings[0].control, why=why, instead="begin or join the swarm; its nodes are drained instead")
    else:
        yield from plan_setting(SETTINGS["engine/live-restore"], findings, situation)


PLANNINGS = {
    **{id: Planning(plan=partial(plan_setting, setting)) for id, setting in SETTINGS.items()},
    "engine/live-restore": Planning(plan=plan_live_restore),
}
