"""What a container is at the guard's socket: it reaches the engine as far as its role goes."""

from __future__ import annotations

from ...model.field import Field, Set, Unknown, Unset
from ...model.guard_policy import Binding, Role
from ...model.workload import EnginePaths, Mount
from ._host_paths import described, host_path, real_path


def is_the_guards(mount: Mount, paths: EnginePaths) -> bool:
    """The socket itself: a folder that holds it holds the engine's own, too."""
    return paths.guard is not None and host_path(mount) == real_path(paths.guard.path)


def role_there(mount: Mount, name: str, roles: Field[tuple[Binding, ...]]) -> tuple[bool, str] | Unknown:
    """Is the container an admin, and what it is in words. `name`: "" where its containers' names are not known before
    they run, so that no role can be theirs."""
    if isinstance(roles, Unknown):
        return roles
    held = [each for each in _bindings(roles) if name and each.who == f"container:{name}"]
    names = sorted({each.role for each in held}, key=list(Role).index)
    stands = f"{described(mount)}: dockworthy's guard stands there, and to it "
    who = f"container {name}" if name else "each task"
    if not names:
        return False, f"{stands}{who} has no role: nothing passes"
    is_admin = Role.ADMIN in names
    return is_admin, f"{stands}{who} is {' and '.join(names)}{': root on the host' if is_admin else ''}"


def _bindings(roles: Set[tuple[Binding, ...]] | Unset) -> tuple[Binding, ...]:
    return roles.value if isinstance(roles, Set) else ()
