"""The engine as a process, and what listens beside it."""

from __future__ import annotations

from msgspec import Struct

from ..field import NOT_READ, Field
from ..guard_policy import Binding


class DaemonProcess(Struct, frozen=True, omit_defaults=True):
    """The running engine, found by the listening socket's inode (never by a process's name).

    Where dockworthy's guard stands at `guarded_at`, `own_socket` is where the engine itself listens, and
    `container_roles` is what containers may there, by the guard's policy and by grants.
    """

    pid: int
    argv: tuple[str, ...]
    executable: str
    listens: tuple[str, ...] = ()
    socket_activated: bool = False
    limits: dict[str, tuple[int, int]] = {}
    uid: int = 0
    oom_score_adj: int = 0
    guarded_at: str = ""
    own_socket: str = ""
    container_roles: Field[tuple[Binding, ...]] = NOT_READ


class PluginFile(Struct, frozen=True, omit_defaults=True):
    """A file that registers a plugin at the engine, and the address that it names. `answers`: somebody listens there;
    None where that could not be told: `gap` says why, `tell` how to find out."""

    path: str
    address: str = ""
    answers: bool | None = None
    gap: str = ""
    tell: str = ""


class Listener(Struct, frozen=True, omit_defaults=True):
    """A listening socket and who holds it. `address` as text, `::` and `0.0.0.0` are every address."""

    protocol: str
    address: str
    port: int
    pid: int = 0
    program: str = ""
    uid: int = 0


class Firewall(Struct, frozen=True, omit_defaults=True):
    """`backend` `nft`, `iptables-legacy` or `none`; `rules` as text; `front` who manages them (ufw, firewalld)."""

    backend: str
    rules: tuple[str, ...] = ()
    front: str = ""
    front_active: bool = False
    input_policy: str = ""
    forward_policy: str = ""
    docker_user: tuple[str, ...] = ()
