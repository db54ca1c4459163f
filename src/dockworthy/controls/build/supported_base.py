"""A base without security updates makes an image that nobody can mend by building it again."""

from __future__ import annotations

from ...model.build import ImageBuild
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, not_applicable
from ...model.levels import Level, Severity
from ..supported_images import distribution_of, program_of
from ._faults import BuildFault, weigh

control = Control(
    id="build/supported-base",
    title="The base image's distribution, and the program that it brings, still get security updates",
    fault="{who} [uses|use] a base image that gets no more security updates",
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
            "FROM node:16-alpine3.23\n",
            "FROM mcr.microsoft.com/dotnet/aspnet:6.0\n",
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
    found = [each for each in (program_of(base.value), distribution_of(base.value)) if each is not None]
    if ended := [each for each in found if each.has_ended(build.judged_on)]:
        faults = [
            BuildFault(f"{base.value} is {each.name}, which gets no fixes since {each.until}", place) for each in ended
        ]
        return weigh(build, "supported-base", faults, good="", source=place)
    if (distribution := distribution_of(base.value)) is None:
        tell = f"docker run --rm --entrypoint cat {base.value} /etc/os-release"
        gap = Unknown(f"{base.value}: its name tells no release of a distribution that is known here", tell, place)
        return weigh(build, "supported-base", (), gaps=(gap,), good="")
    good = f"{base.value} is {distribution.name}, with security updates until {distribution.until}"
    return weigh(build, "supported-base", (), good=good, source=place)
