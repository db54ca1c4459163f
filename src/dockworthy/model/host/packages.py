"""What is installed, and how it is kept up to date."""

from __future__ import annotations

from msgspec import Struct


class Package(Struct, frozen=True, omit_defaults=True):
    """An installed package of the engine's or the kernel's, and a newer version where the package lists know one."""

    name: str
    version: str
    candidate: str = ""
    security: bool = False
    held: bool = False
    listed: bool = False
    """Whether the package lists tell: with an empty `candidate`, it is the newest. Not listed: nobody knows."""


class AutomaticUpdates(Struct, frozen=True, omit_defaults=True):
    """Unattended upgrades: the program, whether it is switched on, what it may install."""

    program: str
    enabled: bool
    origins: tuple[str, ...] = ()
    package_lists_read: str = ""
