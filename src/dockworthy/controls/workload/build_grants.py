"""A build that is let out of its sandbox runs what the Dockerfile says with the rights of the host, or in a container's
network."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.compose_fix import ComposeFix, WrittenService, remove_entries, remove_key
from ...model.control import Control, Subject, nist, owasp
from ...model.finding import Judgement, Remedy, not_applicable
from ...model.fix import Change
from ...model.levels import Level, Severity
from ...model.network_names import joins_another
from ...model.workload import BuildGrant, Unit
from ._graded import GradedFault, judge_graded
from ._platforms import CONTAINERS
from ._unclear import as_far_as_told

control = Control(
    id="workload/build-grants",
    title="Builds of images get no rights of the host, no network of a container, and no name of an official image",
    fault="the image of {who} is built outside of the builder's sandbox",
    rationale="`security.insecure`: a step of the build can be root on the build machine. `network.host`: a step reaches "
    "every port of the build machine, also those on 127.0.0.1. `network: container:X`: the same of that container. A "
    "`BUILDKIT_SYNTAX` of somebody else: that program builds what it likes, whatever the Dockerfile says. Who "
    "changes the Dockerfile or a package then controls that machine. An image that is called `postgres:17` there is the "
    "one that every other project and pipeline on that machine runs by this name, until somebody pulls it anew.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="1.privileges",
    also_for=("1.host-access", "3.least-privilege"),
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(nist("4.4.3"), owasp("D04")),
    remedy=Remedy(
        "Take `privileged`, `entitlements` and a `network` of the host or of a container out of `build`, a "
        "`BUILDKIT_SYNTAX` out of its `args`, and the entitlement from the builder. Call the image by a name of your own "
        "(`registry.example.com/shop/postgres:17`).",
        "the image is rebuilt; a step must do without",
    ),
    fixes=(
        ComposeFix(
            says="takes the rights of the host, the network of a container, the program of somebody else and names of "
            "official images away from the build",
            may_break="a step of the build that needs that right, or reaches something on the machine that builds",
            changes=lambda written: _confining(written),
        ),
    ),
    bad={
        "compose": [
            "services: {web: {build: {context: ., privileged: true}}}",
            "services: {web: {image: shop, build: {context: ., entitlements: [security.insecure]}}}",
            "services: {web: {build: {context: ., entitlements: [network.host]}}}",
            "services: {web: {build: {context: ., entitlements: [device=vendor.com/gpu]}}}",
            "services: {web: {build: {context: ., network: host}}}",
            "services: {web: {build: {context: ., network: 'container:bank-db-1'}}}",
            "services: {web: {build: {context: ., args: {BUILDKIT_SYNTAX: example.com/frontend}}}}",
            "services: {web: {build: {context: ., args: [BUILDKIT_SYNTAX=example.com/frontend]}}}",
            "services: {web: {build: {context: ., tags: ['postgres:17']}}}",
            "services: {web: {build: {context: ., tags: ['shop:1', 'docker.io/library/nginx']}}}",
            "services: {web: {image: 'postgres:17', build: .}}",
        ]
    },
    good={
        "compose": [
            "services: {web: {build: .}}",
            "services: {web: {build: {context: ., privileged: false, entitlements: [], network: none}}}",
            "services: {web: {build: {context: ., args: {BUILDKIT_SYNTAX: 'docker/dockerfile:1', A: b}}}}",
            "services: {web: {image: 'shop:1', build: {context: ., tags: ['team/postgres:17', 'registry.example.com/nginx']}}}",
            "services: {db: {image: 'postgres:17'}, web: {build: {context: ., tags: ['${NAME}']}}}",
        ]
    },
    unclear={
        "compose": [
            "services: {web: {build: {context: ., privileged: '${PRIVILEGED}'}}}",
            "services: {web: {build: {context: ., network: '${NETWORK}'}}}",
            "services: {web: {build: {context: ., entitlements: ['${RIGHT}']}}}",
            "services: {web: {build: {context: ., args: {BUILDKIT_SYNTAX: '${FRONTEND}'}}}}",
        ]
    },
)

_ROOT = "security.insecure"
_MEANING = {
    _ROOT: "a step may be root on the machine that builds",
    "network.host": "a step reaches all that listens on the machine that builds",
    "network.container": "a step reaches all that listens in that container, also on its loopback alone",
    "name": "who runs that official image on the machine that builds gets this one",
    "frontend": "another program than Docker's reads the Dockerfile, and decides what the image holds",
}


@control.judge
def build_grants(unit: Unit) -> Judgement:
    if not any(container.is_built for container in unit.containers):
        return not_applicable("it does not say how its image is built", unit.source)
    faults = [_fault(grant) for container in unit.containers for grant in container.build_grants]
    judged = judge_graded(faults, good="the build stays in its sandbox", source=unit.source)
    return as_far_as_told(judged, unit, "build_grants")


def _fault(grant: BuildGrant) -> GradedFault:
    meaning = _MEANING.get(grant.right, "a step gets what the sandbox keeps from it")
    severity = Severity.CRITICAL if grant.right == _ROOT else Severity.HIGH
    return GradedFault(f"{grant.written}: {meaning}", grant.declared_at, severity)


def _confining(written: WrittenService) -> Iterator[Change]:
    build = written.service.get("build")
    taken = {each.written for each in written.container.build_grants if each.right == "name"}
    if any(each.startswith("image: ") for each in taken):
        yield remove_key("image")  # Compose then calls it after project and service
    if not isinstance(build, dict):
        return
    if joins_another(str(build.get("network") or "")):
        yield remove_key("build", "network")
    if build.get("privileged") is not None:
        yield remove_key("build", "privileged")
    if build.get("entitlements"):
        yield remove_key("build", "entitlements")
    tags = build.get("tags")
    if own := [str(each) for each in tags if f"build.tags: {each}" in taken] if isinstance(tags, list) else []:
        yield from remove_entries("build", "tags", entries=own)
    arguments = build.get("args")
    if any(grant.right == "frontend" for grant in written.container.build_grants):
        if isinstance(arguments, dict):
            yield remove_key("build", "args", "BUILDKIT_SYNTAX")
        elif isinstance(arguments, list):
            named = [str(each) for each in arguments if str(each).partition("=")[0] == "BUILDKIT_SYNTAX"]
            yield from remove_entries("build", "args", entries=named)
