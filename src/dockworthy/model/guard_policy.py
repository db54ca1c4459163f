"""What the guard lets pass beyond the controls: the `guard` part of dockworthy.yaml."""

from __future__ import annotations

from msgspec import Struct


class GuardPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing listed is nothing allowed.

    `binds`: folders of the host below which a container may mount files; each, and every folder above it, must be
    writable by root alone. `devices`, `runtimes`, `log_drivers`, `volume_drivers`, `network_drivers`: allowed beside
    the engine's own harmless ones. `images`: names that are this policy's own (`registry.example.com/shop/*`): nobody
    but an admin tags, loads or builds over them. `builds`: may images be built here?
    """

    binds: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    runtimes: tuple[str, ...] = ()
    log_drivers: tuple[str, ...] = ()
    volume_drivers: tuple[str, ...] = ()
    network_drivers: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    builds: bool = True


__all__ = ["GuardPolicy"]
