"""A request to the engine, as it was sent, and the error that stands for every refusal of its form."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Asked(Struct, frozen=True, kw_only=True):
    """`target` is the request line's, escapes and all; `headers` by name in small letters; `body` empty where none
    was seen (the engine shows an authorization plugin bodies of JSON only). `user`: who sent it, as far as the engine
    knows: the name in a client's certificate. `role` and `grant`: by which of theirs it passes, where
    a role decided."""

    method: str
    target: str
    headers: Mapping[str, str] = {}
    body: bytes = b""
    user: str = ""
    role: str = ""
    grant: str = ""


class NotCanonical(Exception):
    """The request could be read in two ways, or is none that the guard knows: it is refused. The text says why."""


class NotAName(NotCanonical):
    """A name in the request is none that the engine takes. The text says which, and why."""


class NotThere(NotCanonical):
    """The request names something that is not there now. Text and status are the engine's own answer to that."""

    def __init__(self, says: str, status: int = 404) -> None:
        super().__init__(says)
        self.status = status


class TooMuch(NotCanonical):
    """The request asks for more than the guard looks into. The text says of what."""


__all__ = ["Asked", "NotAName", "NotCanonical", "NotThere", "TooMuch"]
