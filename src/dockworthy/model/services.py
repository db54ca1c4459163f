"""Services that were asked from the host whether they answer strangers without a password."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class QuestionOutcome(StrEnum):
    """How a service met one harmless question that named no user."""

    OPEN = "open"  # it did what was asked
    PASSWORD = "password"  # it asked who we are, or refused strangers
    OTHER = "other"  # it answered something else: another program, or one that wants TLS
    SILENT = "silent"  # nobody took the connection, or nothing came in time


class ServiceAnswer(Struct, frozen=True, omit_defaults=True):
    """`service` by what its port, program or image suggested, at the `address` of this host that was asked.

    `asked` is the question in words, `says` how the answer began. `container` has the name where a published port leads
    to one, with its own port `inside`; else `program` listens on the host itself. `bound` is the address it listens on.
    """

    service: str
    address: str
    port: int
    bound: str
    answered: QuestionOutcome
    asked: str
    says: str = ""
    container: str = ""
    inside: int = 0
    program: str = ""
