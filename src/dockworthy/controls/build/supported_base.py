"""A base without security updates makes an image that nobody can mend by building it again."""

from __future__ import annotations

import datetime

from ...model.build import ImageBuild
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, not_applicable
from ...model.knowledge.base_images import ALPINE_UPDATES_UNTIL, ENDED, KNOWN_ON
from ...model.knowledge.distributions import security_updates_until
from ...model.levels import Level, Severity
from ._base_images import release_of
from ._faults import Fault, weigh

control = Control(
    title="The base image's distribution still gets security updates",
    rationale="After its last day a release gets no more fixes, so every hole that is found later stays open in each new "
    "build, too.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="6.current-images",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "4.2"), cis("1.8.0", "4.2"), nist("4.1.1"), owasp("D02")),
    remedy=Remedy(
        "Build on a release that is maintained (`debian:13`, `python:3.13-slim-trixie`).", "tests of the move"
    ),
    bad={
        "dockerfile": [
            "FROM debian:10\n",
            "FROM ubuntu:14.04\n",
            "FROM alpine:3.4\n",
            "FROM node:16-buster-slim\n",
            "FROM ubuntu:18.04 AS base\nFROM base\n",
            "FROM python:3.9-alpine3.12\n",
            "FROM centos:7.9.2009\n",
        ]
    },
    good={"dockerfile": ["FROM debian:13-slim\n", "FROM python:3.13-slim-bookworm\n", "FROM alpine:3.23\n"]},
    unclear={"dockerfile": ["FROM python:3.13-slim\n", "FROM registry.example.com/base:1\n", "ARG BASE\nFROM $BASE\n"]},
)


@control.judge
def supported_base(build: ImageBuild) -> Judgement:
    """Judges the image that ends up in production, by its name and tag."""
    base, place = build.base, build.lineage[-1].source
    if not isinstance(base, Set):
        gap = base if isinstance(base, Unknown) else Unknown("no base image is named")
        return weigh(build, "supported-base", (), gaps=(gap,), good="")
    if base.value == "scratch":
        return not_applicable("it builds on nothing", place)
    release = release_of(base.value)
    until = _until(*release) if release is not None else None
    if release is None or until is None:
        tell = f"docker run --rm --entrypoint cat {base.value} /etc/os-release"
        gap = Unknown(f"{base.value}: its name tells no release that is known here", tell, place)
        return weigh(build, "supported-base", (), gaps=(gap,), good="")
    named = f"{base.value} is {' '.join(release)}"
    faults = [Fault(f"{named}: its security updates ended on {until}", place)] if until < KNOWN_ON else []
    return weigh(build, "supported-base", faults, good=f"{named}, with security updates until {until}", source=place)


def _until(distribution: str, version: str) -> datetime.date | None:
    """Of Alpine's releases before the first one in the table the last day is long past: that day stands for it."""
    if distribution == "alpine":
        oldest = next(iter(ALPINE_UPDATES_UNTIL))
        return ALPINE_UPDATES_UNTIL[oldest] if _number(version) < _number(oldest) else ALPINE_UPDATES_UNTIL.get(version)
    ended = ENDED.get((distribution, version)) or ENDED.get((distribution, version.partition(".")[0]))
    if ended is not None:
        return ended
    return security_updates_until(distribution, version)


def _number(version: str) -> tuple[int, int]:
    """An Alpine tag may name the major release alone (`alpine:3`): the newest one, then."""
    major, _, minor = version.partition(".")
    return int(major), int(minor or 999)
