"""`policy.before_deploy`: what must be shown of a release before a deploy changes anything."""

from __future__ import annotations

import shlex
from typing import Annotated

from msgspec import Meta, Struct

from .deploy_settings import Duration, seconds_of
from .levels import Level

Text = Annotated[str, Meta(min_length=1, max_length=4000)]


class SignedImages(Struct, frozen=True, forbid_unknown_fields=True):
    """Images that must be signed. `key`: a public key of cosign's, a file beside this one (or a key management's
    address); of several, the signature by any one will do. `images`: patterns (`registry.example.com/*`, all where
    none is written); of those that fit the last counts, and one that begins with `!` excepts."""

    key: Text | Annotated[tuple[Text, ...], Meta(min_length=1)]
    images: Annotated[tuple[Text, ...], Meta(min_length=1)] = ("*",)

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,) if isinstance(self.key, str) else self.key


class MustPass(Struct, frozen=True, forbid_unknown_fields=True):
    """A command that must end with status 0, in the folder of the project. `run`: words, or a text that is split into
    words as a shell would; with `shell: true` a text for a shell. `within`: how long it may take."""

    run: Text | Annotated[tuple[Text, ...], Meta(min_length=1)]
    shell: bool = False
    within: Duration = "10m"

    def __post_init__(self) -> None:
        """Raises ValueError for quotes that do not end, for words that a shell is to read, for a time that is none."""
        if not 0.1 <= self.seconds <= 24 * 3600:
            raise ValueError("`within` is from 100ms to 24h")
        if self.shell and not isinstance(self.run, str):
            raise ValueError("with `shell: true`, `run` is a text")
        if not self.words:
            raise ValueError("`run` holds no command")

    @property
    def words(self) -> tuple[str, ...]:
        if self.shell and isinstance(self.run, str):
            return ("sh", "-c", self.run)
        return tuple(shlex.split(self.run)) if isinstance(self.run, str) else self.run

    @property
    def shown(self) -> str:
        return self.run if isinstance(self.run, str) else shlex.join(self.run)

    @property
    def seconds(self) -> float:
        return seconds_of(self.within)


class BeforeDeploy(Struct, frozen=True, forbid_unknown_fields=True):
    """`host`: the level at which `assess` must say yes of the host that is deployed to. `signatures`: which images must
    be signed, by whose key. `tests`: commands that must pass, in this order."""

    host: Level | None = None
    signatures: tuple[SignedImages, ...] = ()
    tests: tuple[Text | MustPass, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for a text that can't be split into words."""
        for test in self.tests:
            try:
                _ = MustPass(test) if isinstance(test, str) else test
            except ValueError as error:
                raise ValueError(f"{test!r}: {str(error).lower()}") from None

    @property
    def all_tests(self) -> tuple[MustPass, ...]:
        return tuple(MustPass(test) if isinstance(test, str) else test for test in self.tests)
