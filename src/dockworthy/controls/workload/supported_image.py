"""A release line that has ended gets no fixes: every hole that is found later stays open."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set
from ...model.finding import Evidence, Judgement, Outcome, Remedy, not_applicable
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ..image_names import parse_image
from ..supported_images import Support, distribution_of, program_of

control = Control(
    id="workload/supported-image",
    title="Images are of release lines that still get fixes",
    fault="{who} [uses|use] an image that gets no more fixes",
    rationale="After the last day of its line a database, a runtime or a distribution gets no more fixes: what is found "
    "in it later stays open, whatever is updated around it. The day is known years before.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="6.current-images",
    also_for=("1.update",),
    subject=Subject.UNIT,
    references=(cis("1.6.0", "4.4"), cis("1.8.0", "4.4"), nist("4.1.1"), owasp("D02")),
    remedy=Remedy(
        "Move to a line that is maintained (`postgres:18`, `mysql:8.4`, `node:24`). A database is dumped before, and its "
        "maker says how its files come along.",
        "recreates the container; a database's move takes a window, and a restore that was tried",
    ),
    check_yourself="docker inspect -f '{{.Config.Image}}' {name}",
    bad={
        "compose": [
            "services: {db: {image: 'postgres:14'}}",
            "services: {db: {image: 'mysql:8.0.36'}}",
            "services: {db: {image: 'mysql:5'}}",
            "services: {db: {image: 'registry.example.com/mirror/mariadb:10.6'}}",
            "services: {db: {image: 'timescale/timescaledb:2.17.2-pg13'}}",
            "services: {web: {image: 'node:16-alpine'}}",
            "services: {web: {image: 'traefik:v2.11'}}",
            "services: {web: {image: 'python:3.13-slim-buster'}}",
            "services: {web: {image: 'debian:10'}}",
            "services: {db: {image: 'postgres:9.1'}}",
        ],
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, image: 'redis:5'}]}}",
        "container": {"Config": {"Image": "mongo:4.4@sha256:" + "1" * 64}},
        "service": {"Spec": {"TaskTemplate": {"ContainerSpec": {"Image": "rabbitmq:3-management"}}}},
    },
    good={
        "compose": [
            "services: {db: {image: 'postgres:18.1'}}",
            "services: {db: {image: 'mysql:8'}}",
            "services: {db: {image: 'mysql:8.4'}}",
            "services: {web: {image: 'nginx:1'}}",
            "services: {web: {image: 'tomcat:10'}}",
            "services: {web: {image: 'node:24-alpine3.23'}}",
            "services: {db: {image: 'timescale/timescaledb:2.17.2-pg17'}}",
        ],
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, image: 'redis:8.2'}]}}",
        "container": {"Config": {"Image": "mongo:8.0"}},
    },
    unclear={
        "compose": [
            "services: {db: {image: 'postgres@sha256:%s'}}" % ("1" * 64),
            "services: {db: {image: 'postgres:alpine'}}",
        ],
    },
)


@control.judge
def supported_image(unit: Unit) -> Judgement:
    named = [(container, each) for container in unit.containers for each in _lines(container)]
    ended = [(container, each) for container, each in named if each.has_ended(unit.judged_on)]
    if ended:
        return Judgement(Outcome.FAIL, tuple(_ended(container, each) for container, each in ended))
    if unsaid := [(container, each) for container, each in named if not each.known]:
        evidence = tuple(
            Evidence(
                f"{_image(container)}: its name does not say which line of {each.name} it is", container.image.source
            )
            for container, each in unsaid
        )
        tell = f"name the version in the tag, or see `docker image inspect -f '{{{{.Config.Env}}}}' {_image(unsaid[0][0])}`"
        return Judgement(Outcome.UNKNOWN, evidence, tell=tell)
    if not named:
        return not_applicable("of none of its images a last day with fixes is known here", unit.source)
    says = ", ".join(f"{each.name}: {_until(each)}" for _, each in named)
    return Judgement(Outcome.PASS, (Evidence(says, named[0][0].image.source),))


def _lines(container: Container) -> list[Support]:
    """What the image's name tells. One that is built here is judged by its Dockerfile; a variable without a value is
    another control's matter."""
    if not isinstance(container.image, Set):
        return []
    found = (program_of(container.image.value), distribution_of(container.image.value))
    return [each for each in found if each is not None]


def _ended(container: Container, support: Support) -> Evidence:
    return Evidence(f"{_image(container)} is {support.name}: no fixes since {support.until}", container.image.source)


def _image(container: Container) -> str:
    """Without its digest, which nobody reads."""
    if not isinstance(container.image, Set):
        return container.name
    image = parse_image(container.image.value)
    return f"{image.repository}:{image.tag}" if image.tag else image.repository


def _until(support: Support) -> str:
    return "no end is announced" if support.until is None else f"fixes until {support.until}"
