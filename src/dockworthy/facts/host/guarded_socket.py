"""Does dockworthy's guard stand at the engine's socket, where is the engine behind it, what may containers there?"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec
import yaml
from msgspec import Struct

from ...model.field import Field, Set, Source, Unknown, Unset
from ...model.given_grants import MAKERS, GivenGrants
from ...model.guard_policy import EVERYBODY, Binding, Role
from ...model.own_places import GUARD_SERVING, GUARD_STATE_SERVING, GUARDS_SERVING
from .container_processes import is_in_container
from .reading import TELL_ROOT, measured, number_or
from .root import Root, clean
from .settings import flag

GRANTS = "/var/lib/dockworthy/guard/grants"
"""Roles for a time, a file each. Source: guard/rights/grants."""
GIVEN = "/var/lib/dockworthy/guard/given-grants.json"
"""Grants that were given, also those that have ended. Source: guard/rights/given_grants."""
_PYTHON = "python"
_INIT = 1
"""Whose child a process becomes when its parent ends."""
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Grant(Struct, frozen=True):
    binding: Binding
    until: datetime.datetime


def engine_behind(root: Root, socket: str) -> str:
    """The path of the engine's own socket; `""` where no guard serves at `socket`."""
    argv = _command(root)
    people = flag(argv, "--people")
    if not {"guard", "serve"} <= set(argv) or people is None or root.identity(people) != root.identity(socket):
        return ""
    endpoint = flag(argv, "--docker") or ""
    return endpoint.removeprefix("unix://") if endpoint.startswith("unix:///") else ""


def container_roles(root: Root) -> Field[tuple[Binding, ...]]:
    """What containers have by the policy of the guard that serves, and by grants that hold now."""
    path = flag(_command(root), "--policy")
    if path is None or not path.startswith("/"):
        return Unknown("the guard that serves names no policy", source=Source(GUARD_SERVING))
    roles = _roles(root, path)
    if not isinstance(roles, Set):
        return roles
    return measured(tuple(each for each in roles.value if each.who.startswith("container:")), path)


def admins(root: Root) -> frozenset[str]:
    """Who is an admin at the guard that serves, as `user:ana` and `group:ops`; nobody where that can't be told."""
    roles = _roles(root, flag(_command(root), "--policy") or "")
    found = roles.value if isinstance(roles, Set) else ()
    return frozenset(each.who for each in found if each.role is Role.ADMIN)


def serves(root: Root) -> bool:
    """Does a guard answer the engine, as its plugin or at its socket?"""
    return {"guard", "serve"} <= set(_command(root))


def container_makers(root: Root) -> Field[tuple[Binding, ...]]:
    """Who may make, change or enter containers and is not root: by the policies of all guards that serve, by grants,
    and by sockets that have one role."""
    found: list[Binding] = []
    try:
        serving = list(_serving_now(root))
        policies = dict.fromkeys([flag(_command(root, serving), "--policy") or ""])
        if _serve_unannounced(root, [guard.pid for guard in serving]):
            found.append(Binding(who=EVERYBODY, role=Role.DEPLOYER))
        for guard in serving:
            if guard.role in MAKERS:
                found.append(Binding(who=EVERYBODY, role=Role(guard.role)))
            if guard.people or guard.tls:
                policies[guard.policy] = None
                found += _granted(root)  # they count without a policy, too
    except OSError as error:
        return Unknown(f"{GUARD_STATE_SERVING}: {error.strerror}", source=Source(GUARD_STATE_SERVING), tell=TELL_ROOT)
    for path in policies:
        if not path:
            continue
        roles = _roles(root, path)
        if not isinstance(roles, Set):
            return roles
        found += roles.value
    if not found and not any(policies):
        return Unset(Source(GUARD_STATE_SERVING, "no guard serves people"))
    makers = dict.fromkeys(each for each in found if each.role in MAKERS)
    return measured(tuple(makers), GUARD_STATE_SERVING)


def given_grants(root: Root) -> Field[GivenGrants]:
    """What the guard recorded of the grants that it gave, also of those that have ended."""
    try:
        content = root.read_bytes(GIVEN)
    except FileNotFoundError:
        if not root.exists(GRANTS):
            return Unset(Source(GIVEN, "no grant was given"))
        return Unknown(
            "an earlier version gave grants and recorded none: the guard does from its next start on",
            source=Source(GIVEN),
        )
    except OSError as error:
        return Unknown(f"{GIVEN}: {error.strerror}", source=Source(GIVEN), tell=TELL_ROOT)
    try:
        told = msgspec.json.decode(content, type=GivenGrants)
        instants = [told.known_since, *(instant for each in told.grants for instant in (each.since, each.until))]
        if any(instant is not None and instant.tzinfo is None for instant in instants):
            raise ValueError("an instant without its time zone")
    except (msgspec.MsgspecError, ValueError):
        return Unknown(f"{GIVEN}: it can't be read as a record of grants", source=Source(GIVEN))
    return measured(told, GIVEN)


class _Serving(Struct, frozen=True):
    pid: int
    started: int
    people: str = ""
    role: str = ""
    tls: str = ""
    policy: str = ""


def _serving_now(root: Root) -> Iterator[_Serving]:
    """Those that run. What a killed one left behind is no guard. Raises OSError where it can't be told."""
    seen: set[int] = set()
    for folder in (GUARDS_SERVING, GUARD_STATE_SERVING):
        for guard in _announced_in(root, folder):
            if guard.pid not in seen:
                seen.add(guard.pid)
                yield guard


def _announced_in(root: Root, folder: str) -> Iterator[_Serving]:
    """Raises OSError."""
    try:
        names = root.names(folder)
    except FileNotFoundError:
        return
    for name in names:
        if not name.endswith(".json"):
            continue
        with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError):
            guard = msgspec.json.decode(root.read_bytes(f"{folder}/{name}"), type=_Serving)
            fields = root.word(f"/proc/{guard.pid}/stat").rpartition(")")[2].split()
            if len(fields) > 19 and fields[0] != "Z" and number_or(fields[19], 0) == guard.started:
                yield guard


def _serve_unannounced(root: Root, announced: Collection[int]) -> bool:
    """Does a guard serve people that is not root's, or could not be written down? Whoever may open the engine's socket
    can run one, with a policy of their own. Told by command lines: a process can hide its own, but has no reason to."""
    kept = {(_parent(root, pid), root.word(f"/proc/{pid}/cmdline")) for pid in announced}
    for name in root.names_or_none("/proc"):
        pid = number_or(name, 0)
        if not pid or pid in announced or not _may_be_python(root, pid):
            continue
        command = root.word(f"/proc/{pid}/cmdline")
        words = command.split("\0")
        serves_people = flag(words, "--people", "--tls") is not None and {"guard", "serve"} <= set(words)
        has_role = {"guard", "socket"} <= set(words) and flag(words, "--role") in MAKERS
        if not (serves_people or has_role) or is_in_container(root, pid):
            continue
        parent = _parent(root, pid)
        if parent <= _INIT or (parent, command) not in kept:  # else the spare that the keeper of that guard has ready
            return True
    return False


def _parent(root: Root, pid: int) -> int:
    """0 where that can't be told. Source: proc_pid_stat(5), field 4."""
    fields = root.word(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return number_or(fields[1], 0) if len(fields) > 1 else 0


def _may_be_python(root: Root, pid: int) -> bool:
    """A kernel's thread has no program; without root that of others is hidden."""
    try:
        return root.link(f"/proc/{pid}/exe").rsplit("/", 1)[-1].startswith(_PYTHON)
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _roles(root: Root, path: str) -> Field[tuple[Binding, ...]]:
    """Those of a policy, and grants that hold now."""
    try:
        told = yaml.load(root.read(path), _Loader)  # the safe one, or its faster twin
        roles = msgspec.convert(((told or {}).get("guard") or {}).get("roles") or (), tuple[Binding, ...])
        roles += tuple(_granted(root))
    except OSError as error:
        return Unknown(f"{clean(path)}: {error.strerror}", source=Source(clean(path)), tell=TELL_ROOT)
    except (yaml.YAMLError, msgspec.ValidationError, AttributeError, RecursionError, ValueError):
        return Unknown(f"{clean(path)}: its roles can't be read", source=Source(clean(path)))
    return measured(roles, path)


def _granted(root: Root) -> Iterator[Binding]:
    """Raises OSError where it can't be told. What can't be read gives nothing, to the guard neither."""
    try:
        names = root.names(GRANTS)
    except FileNotFoundError:
        return
    now = datetime.datetime.now(datetime.UTC)
    for name in names:
        with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError, ValueError):
            grant = msgspec.json.decode(root.read_bytes(f"{GRANTS}/{name}"), type=_Grant)
            if grant.until.tzinfo is not None and grant.until > now:
                yield grant.binding


def _command(root: Root, serving: Iterable[_Serving] | None = None) -> Sequence[str]:
    """Of the guard that serves; nothing where none does. `serving`: the guards that run, where they were read."""
    pid = number_or(root.word(GUARD_SERVING).partition(" ")[0], 0)
    if not pid:
        return []
    announced = _in_readable_folders(root) if serving is None else serving
    is_guard = any(guard.pid == pid for guard in announced)  # and no other process of that number
    return root.word(f"/proc/{pid}/cmdline").split("\0") if is_guard else []


def _in_readable_folders(root: Root) -> Iterator[_Serving]:
    """Guards that run, as far as that can be told."""
    for folder in (GUARDS_SERVING, GUARD_STATE_SERVING):
        with contextlib.suppress(OSError):
            yield from _announced_in(root, folder)
