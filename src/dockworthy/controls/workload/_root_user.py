"""Who a container of an engine really runs as."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from ...model.field import Set, Unknown
from ...model.workload import Container, Unit, User
from ._containers import Fault


def runs_as_root(container: Container) -> Fault | Unknown | None:
    """By its processes where they can be seen (uid 0 on the host), else by the user that is written."""
    processes = container.processes
    if isinstance(processes, Set) and processes.value:
        root = [process for process in processes.value if process.uid == 0]
        if root:
            return Fault(f"process {root[0].pid} ({root[0].program}) runs as uid 0 of the host", processes.source)
        return None
    user = container.context.user
    if isinstance(user, Unknown):
        return user
    if not isinstance(user, Set):
        return Fault("no user is set: it runs as root", user.source)
    if is_of_mesos(container) and user.value.name not in ("", "root"):
        return None  # a name is an account of the agents there, not one of the image
    return _declared(user)


def hooks_as_root(unit: Unit) -> Iterator[Fault | Unknown]:
    """What runs inside a container as root, or as nobody knows whom, beside its first process."""
    for container in unit.containers:
        for hook in container.hook_users:
            found = _declared(hook.user) if isinstance(hook.user, Set) else hook.user
            if isinstance(found, Fault):
                yield structs.replace(found, says=f"{hook.name}: {found.says}")
            elif isinstance(found, Unknown):
                yield structs.replace(found, reason=f"{hook.name}: {found.reason}")


def is_of_mesos(container: Container) -> bool:
    """Does Mesos' own runtime run it, and not Docker's?"""
    return isinstance(container.runtime, Set) and container.runtime.value == "mesos"


def _declared(user: Set[User]) -> Fault | Unknown | None:
    uid, name = user.value.uid, user.value.name
    if uid == 0 or name == "root":
        return Fault(f"runs as {name or 'uid 0'}", user.source)
    if uid is None:
        return Unknown(
            f"runs as {name!r}, whose uid stands in the image's /etc/passwd",
            tell="start the container: its process shows the uid",
            source=user.source,
        )
    return None
