"""What stands on a host before an engine is installed there."""

from __future__ import annotations

from importlib.resources import files

from msgspec import Struct

from ...engine.hand import Hand
from ...errors import HostError

_SECONDS = 300.0
"""That fetching the package lists may take over a slow line."""


class NewPackage(Struct, frozen=True):
    """`size` is what is downloaded, `installed` what it takes on disk, in bytes."""

    name: str
    version: str
    size: int
    installed: int


class Ground(Struct, frozen=True, kw_only=True):
    """`others`: engines that are not the distribution's, in words. `present`: name -> version of those of our
    packages that are there, `wanted`: of those that apt would bring. `broken`: packages that dpkg was left with."""

    system: str
    has_apt: bool
    others: tuple[str, ...] = ()
    present: dict[str, str] = {}
    works: frozenset[str] = frozenset()
    answers: bool = False
    manager: str = ""
    forwards: bool = False
    left_containers: int = 0
    free: int = 0
    broken: str | None = None
    unfresh: str = ""
    wanted: dict[str, str] = {}
    new: tuple[NewPackage, ...] = ()
    upgrades: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    refused: str = ""


async def look(hand: Hand, *, refresh: bool) -> Ground:
    """Reads the host. `refresh`: bring its package lists up to date, and not only lists of our own.

    Raises HostError where the host is lost or has no room for a temporary file.
    """
    script = files(__package__).joinpath("look.sh").read_text()
    done = await hand.run(f"refresh={'really' if refresh else 'apart'}\n{script}", seconds=_SECONDS)
    told: dict[str, list[str]] = {}
    for line in done.output.splitlines():
        key, _, words = line.partition("\t")
        told.setdefault(key, []).append(words.strip())
    if "os" not in told:
        raise HostError(f"{hand.name} could not be looked at: {done.words}", hint="is /tmp full, or read-only?")
    return ground_of(told)


def ground_of(told: dict[str, list[str]]) -> Ground:
    """From the words of look.sh, by key."""

    def first(key: str) -> str:
        return told.get(key, [""])[0]

    def pairs(key: str) -> dict[str, str]:
        return {name: version for name, _, version in (words.partition(" ") for words in told.get(key, []))}

    family = first("os").split()
    return Ground(
        system=first("system"),
        has_apt="apt" in told and bool({"debian", "ubuntu"} & set(family)),
        others=tuple(dict.fromkeys(told.get("other", []))),
        present=pairs("present"),
        works=frozenset(told.get("works", [])),
        answers="answers" in told,
        manager=first("manager"),
        forwards=first("forward") == "1",
        left_containers=_number(first("left")),
        free=_number(first("free")),
        broken=first("broken") if "broken" in told else None,
        unfresh=first("unfresh"),
        wanted=pairs("candidate"),
        new=tuple(
            NewPackage(name, version, _number(size), _number(installed))
            for name, version, size, installed in (words.split() for words in told.get("inst", []))
        ),
        upgrades=tuple(told.get("upgrades", [])),
        removes=tuple(told.get("removes", [])),
        refused=first("refused"),
    )


def _number(text: str) -> int:
    try:
        return int(float(text))
    except ValueError:
        return 0
