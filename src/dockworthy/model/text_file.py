"""A file as text: what must not stand in it, whatever syntax it is in."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from .field import Source


class SecretKind(StrEnum):
    """What a secret in a file is. `PASSWORD` is a value of a file of variables whose name says that it is one."""

    PRIVATE_KEY = "private-key"
    LOCKED_KEY = "locked-key"  # a private key that takes a passphrase
    TOKEN = "token"
    ADDRESS = "address"
    PASSWORD = "password"


class WrittenSecret(Struct, frozen=True):
    """That a secret stands somewhere, in words that hold nothing of it."""

    kind: SecretKind
    says: str
    source: Source


class Sending(Struct, frozen=True):
    """A build takes the file into its image: `says` by what, `source` where that is written."""

    says: str
    source: Source


class TextFile(Struct, frozen=True, kw_only=True):
    """A file of the project. `id` is its name as a person writes it. `sent_by` are builds whose image it gets into."""

    id: str
    source: Source
    secrets: tuple[WrittenSecret, ...] = ()
    sent_by: tuple[Sending, ...] = ()
