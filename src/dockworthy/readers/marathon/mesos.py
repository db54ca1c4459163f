"""A container of Mesos' own runtime (UCR): what a definition can say of it, and what is the agents' matter.

Source: Mesos' documentation of the isolators linux/seccomp, linux/capabilities, linux/nnp, namespaces/pid and
namespaces/ipc. UCR knows no privileged containers and no read-only root.
"""

from __future__ import annotations

from ...model.field import Field, Set, Unknown, Unset
from ...model.workload import Container, ContainerRole, Namespaces, Profile, SecurityContext, User
from ..definition import field_of
from ..user import read_user
from ..yaml_source import Value
from .parts import by_agents, by_default


def read_mesos_container(
    name: str, definition: Value, *, image: Value | None, linux: Value | None, user: Field[str]
) -> Container:
    """What is common to apps and to the containers of pods; the rest is filled in by their readers."""
    silent, place = Unset(definition.source), definition.source
    return Container(
        name=name,
        role=ContainerRole.MAIN,
        source=place,
        image=field_of(image, silent, Value.scalar_text),
        context=SecurityContext(
            user=_user(user),
            run_as_non_root=silent,
            seccomp=_seccomp(linux, silent),
            apparmor=silent,
            selinux=silent,
            windows_host_process=silent,
        ),
        privileged=by_default(False, "UCR has no privileged containers"),
        allow_privilege_escalation=by_agents("whether new privileges can be gained (isolator linux/nnp)", place),
        capabilities_add=by_agents("which capabilities it has (isolator linux/capabilities)", place),
        capabilities_drop=silent,
        read_only_root=by_default(False, "UCR has no read-only root"),
        proc_mount=by_agents("what is masked of /proc", place),
        runtime=by_default("mesos", "container.type: MESOS"),
        device_rules=silent,
    )


def _user(user: Field[str]) -> Field[User]:
    if isinstance(user, Unset):
        return Unknown(
            "it names no user: it runs as Marathon's own (--mesos_user), which is root unless somebody changed it",
            tell="the flags that Marathon runs with",
            source=user.source,
        )
    return read_user(user)


def _seccomp(linux: Value | None, silent: Unset) -> Field[Profile]:
    """Unset: only where agents are started with a default profile is there one."""
    seccomp = None if linux is None else linux.get("seccomp")
    if seccomp is None:
        return silent
    unconfined, profile = seccomp.get("unconfined"), seccomp.get("profileName")
    if unconfined is not None and unconfined.boolean():
        return Set(Profile("Unconfined"), unconfined.source)
    return silent if profile is None else Set(Profile("Localhost", profile.scalar_text()), profile.source)


def read_mesos_namespaces(definition: Value, linux: Value | None, network: Field[str]) -> Namespaces:
    place = definition.source
    return Namespaces(
        network=network,
        pid=by_agents("whether it sees the host's processes (isolator namespaces/pid)", place),
        ipc=_ipc(linux, definition),
        uts=by_agents("its host name's namespace", place),
        cgroup=by_agents("its cgroup namespace", place),
        user=by_default("host", "Mesos maps no users"),
    )


def _ipc(linux: Value | None, definition: Value) -> Field[str]:
    mode = None if linux is None else linux.at("ipcInfo", "mode")
    if mode is None:
        return by_agents("whether it shares the host's IPC (isolator namespaces/ipc)", definition.source)
    return Set("host" if mode.scalar_text() == "SHARE_PARENT" else "private", mode.source)
