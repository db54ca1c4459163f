"""What becomes of everybody who asks the engine today, when the guard's socket comes to its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ....model.guard_policy import Binding, Role
from ...rights.roles import RIGHTS
from ...routes.table import Right
from ...socket_access import SocketHolder, identity_named, members_of

_RIGHTS = {
    Right.VIEW: "see what is there, logs and events",
    Right.CREATE: "make, change and remove what the policy allows",
    Right.OPERATE: "start and stop",
    Right.EXEC: "exec and attach",
    Right.SECRETS: "read environments and files",
    Right.BUILD: "build, load and push images",
    Right.ADMIN: "do what reaches the host",
}
"""In an order from little to much."""


def in_words(roles: Sequence[Binding], *, group: str, mode: int, holders: Sequence[SocketHolder]) -> Iterator[str]:
    """A line for each member of the socket's group, and for each container that has the socket mounted. `roles` are
    the policy's."""
    yield "root, also by sudo, is an admin and keeps everything; whom the policy gives no role is refused everything"
    for name in members_of(group):
        held = [binding for binding in roles if binding.who in identity_named(name).names]
        yield f"user {name} (group {group}) {_change(held, name)}"
    if mode & 0o006 == 0o006:
        yield f"all other users of this host, as the socket's mode is {mode:04o}, have the roles that the policy gives"
    for holder in holders:
        who = f"container:{holder.name}"
        change = _change([binding for binding in roles if binding.who == who], who)
        yield f"container {holder.name}, which has the socket mounted, {change}"


def left_out(roles: Sequence[Binding], *, group: str, holders: Sequence[SocketHolder]) -> tuple[str, ...]:
    """Who could ask until now and has no role."""
    bound = {binding.who for binding in roles}
    users = (name for name in members_of(group) if not bound & identity_named(name).names)
    return (*(f"user {name}" for name in users), *(
        f"container {each.name}" for each in holders if f"container:{each.name}" not in bound
    ))  # fmt: skip


def _change(held: Sequence[Binding], who: str) -> str:
    """From root's rights to those of these roles."""
    if not held:
        return (
            f"loses everything: no role in the policy (or for a time: dockworthy guard grant {who} viewer --for 1h …)"
        )
    roles = " and ".join(dict.fromkeys(_role(binding) for binding in held))
    if any(binding.role is Role.ADMIN for binding in held):
        return f"is {roles} and keeps everything"
    rights = frozenset[Right]().union(*(RIGHTS[binding.role] for binding in held))
    keeps = "; ".join(says for right, says in _RIGHTS.items() if right in rights)
    loses = "; ".join(says for right, says in _RIGHTS.items() if right not in rights)
    return f"is {roles}. Keeps: {keeps}. Loses: {loses}"


def _role(binding: Binding) -> str:
    limits = (*binding.projects, *binding.images)
    return binding.role.value + (f" of {', '.join(limits)}" if limits else "")


def stale_mounts(path: str, holders: Sequence[SocketHolder]) -> Iterator[str]:
    """A mounted socket is the file that was there when the container started, and that one goes."""
    names = [holder.name for holder in holders if not holder.by_folder]
    if names:
        yield (
            f"these containers have {path} itself mounted, and reach nobody until they are started again: "
            f"docker restart {' '.join(names)}"
        )
