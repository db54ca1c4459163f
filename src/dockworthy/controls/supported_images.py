"""Until when what an image is named after gets fixes: a program's release line, or a distribution's release."""

from __future__ import annotations

import datetime
import re

from msgspec import Struct

from ..model.knowledge import base_images, distributions, program_releases
from .image_names import parse_image

KNOWN_ON = max(base_images.KNOWN_ON, distributions.KNOWN_ON, program_releases.KNOWN_ON)
"""The least day by which is judged what has ended: a clock that is slow makes nothing young again. It may be later than
that of the table that names the end, for ends are announced years ahead and are not put off."""

_RELEASE = re.compile(r"\d+(?:\.\d+)?")


class Support(Struct, frozen=True):
    """`name`: `postgres 14`, `debian 10`. `until`: the last day with fixes, None where no end is known. `known`: does the
    name tell which line it is?"""

    name: str
    until: datetime.date | None
    known: bool = True

    def has_ended(self, judged_on: datetime.date | None) -> bool:
        """By that day, which whoever judges says: judging is a pure function, and asks no clock."""
        return self.until is not None and self.until < max(judged_on or KNOWN_ON, KNOWN_ON)


def official_name(written: str) -> str:
    """`python` of `docker.io/library/python:3.12`; "" for an image that is no official one of Docker Hub.

    Mirrors keep its `library`.
    """
    repository = parse_image(written).repository.removeprefix("docker.io/")
    _, mirrored, name = f"/{repository}".rpartition("/library/")
    return name if mirrored else "" if "/" in repository else repository


def release_of(written: str) -> tuple[str, str] | None:
    """(distribution, version) as /etc/os-release would say, where name and tag tell: `node:20-bullseye` is Debian 11."""
    name, tag = official_name(written), parse_image(written).tag.lower()
    if name in base_images.DISTRIBUTIONS and (match := _RELEASE.match(tag)):
        return base_images.DISTRIBUTIONS[name], match[0]
    if not name:
        return None
    for part in re.split(r"[-_]", tag):
        if part in base_images.CODENAMES:
            return base_images.CODENAMES[part]
        alpine = re.fullmatch(r"alpine(\d+\.\d+)", part)
        if alpine:
            return "alpine", alpine[1]
    return None


def distribution_of(written: str) -> Support | None:
    """The distribution that an image is built on; None where its name tells none whose last day is known."""
    release = release_of(written)
    until = _updates_until(*release) if release is not None else None
    return Support(" ".join(release), until) if release is not None and until is not None else None


def program_of(written: str) -> Support | None:
    """The program that an image is named after; None for one of which no release lines are known here."""
    image = parse_image(written)
    program = program_releases.program_called(image.program)
    if not program or (program in program_releases.OFTEN_ANOTHERS and not _is_publishers(written, program)):
        return None
    line = program_releases.line_of(image.program, image.tag.lower())
    if line is None:
        moving = image.is_moving and not image.fixed  # the newest there was: that it moves is another control's matter
        return None if moving else Support(program, None, known=False)
    return Support(f"{program} {'.'.join(map(str, line))}", program_releases.fixes_until(program, line))


def _is_publishers(written: str, program: str) -> bool:
    """Is it the image of who makes the program, and none of an application with the same name?"""
    if program == "dotnet":
        return parse_image(written).repository.startswith("mcr.microsoft.com/dotnet/")
    return official_name(written) == parse_image(written).program


def _updates_until(distribution: str, version: str) -> datetime.date | None:
    """Of Alpine's releases before the first one in the table the last day is long past: that day stands for it."""
    if distribution == "alpine":
        known = base_images.ALPINE_UPDATES_UNTIL
        oldest = next(iter(known))
        return known[oldest] if _number(version) < _number(oldest) else known.get(version)
    ended = base_images.ENDED
    found = ended.get((distribution, version)) or ended.get((distribution, version.partition(".")[0]))
    return found or distributions.security_updates_until(distribution, version)


def _number(version: str) -> tuple[int, int]:
    """An Alpine tag may name the major release alone (`alpine:3`): the newest one, then."""
    major, _, minor = version.partition(".")
    return int(major), int(minor or 999)
