"""Who may log in, and who becomes root."""

from __future__ import annotations

from msgspec import Struct


class Account(Struct, frozen=True, omit_defaults=True):
    """A person or program that can log in. `password`: `set`, `locked`, `none` or `unknown`; `keys` authorized keys."""

    name: str
    uid: int
    shell: str
    groups: tuple[str, ...] = ()
    password: str = "unknown"
    keys: int = 0
    keys_seen: bool = True
    """Whether every file of authorized keys could be read: if not, there may be more."""
    password_changed: str = ""
    """The day (RFC 3339) on which the password was last set or locked: the account is as old at least."""


class LoginRecord(Struct, frozen=True, omit_defaults=True):
    """When accounts last logged in (name -> RFC 3339), as far as the host keeps a record, which begins on `since`."""

    last: dict[str, str]
    since: str


class SudoRule(Struct, frozen=True, omit_defaults=True):
    """Who may become another user by sudo: `who` a user, a `%group` or `ALL`; `commands` as written.

    `free` where no password is asked for them.
    """

    who: str
    commands: tuple[str, ...]
    free: bool
    path: str
    line: int
