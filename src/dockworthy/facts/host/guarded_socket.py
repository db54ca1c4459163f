"""Does dockworthy's guard stand at the engine's socket, where is the engine behind it, what may containers there?"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator, Sequence

import msgspec
import yaml
from msgspec import Struct

from ...model.field import Field, Source, Unknown
from ...model.guard_policy import Binding
from .reading import TELL_ROOT, measured, number_or
from .root import Root, clean
from .settings import flag

SERVING = "/run/dockworthy-guard.serving"
"""Root's file, in which the guard that answers is named: its process, and its program. Source: guard/life/places."""
GRANTS = "/var/lib/dockworthy/guard/grants"
"""Roles for a time, a file each. Source: guard/rights/grants."""
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
        return Unknown("the guard that serves names no policy", source=Source(SERVING))
    try:
        told = yaml.load(root.read(path), _Loader)  # the safe one, or its faster twin
        roles = msgspec.convert(((told or {}).get("guard") or {}).get("roles") or (), tuple[Binding, ...])
        roles += tuple(_granted(root))
    except OSError as error:
        return Unknown(f"{clean(path)}: {error.strerror}", source=Source(clean(path)), tell=TELL_ROOT)
    except (yaml.YAMLError, msgspec.ValidationError, AttributeError, RecursionError, ValueError):
        return Unknown(f"{clean(path)}: its roles can't be read", source=Source(clean(path)))
    return measured(tuple(each for each in roles if each.who.startswith("container:")), path)


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


def _command(root: Root) -> Sequence[str]:
    """Of the guard that serves; nothing where none does."""
    pid = number_or(root.word(SERVING).partition(" ")[0], 0)
    return root.word(f"/proc/{pid}/cmdline").split("\0") if pid else []
