"""A security option that no engine on Linux knows keeps a container from being made, or gives what nobody foresees."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set
from ...model.finding import Judgement, Remedy, not_applicable
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults
from ._platforms import CONTAINERS
from ._unclear import as_far_as_told

control = Control(
    id="workload/security-options",
    title="Security options are ones that the engine knows",
    fault="{who} [has|have] a security option that no engine on Linux knows",
    rationale="`security_opt` changes the walls around a container: seccomp, AppArmor, SELinux, new privileges. With an option "
    "of another name no container is made; should an engine know it one day, nobody has weighed what it gives. "
    "`credential_spec` is such a one: an account of a Windows domain, whose rights are written in the domain alone.",
    level=Level.BASELINE,
    severity=Severity.LOW,
    demand="1.privileges",
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(nist("4.4.3"), owasp("D04")),
    remedy=Remedy("Take the option out; on Linux no engine takes `credential_spec`.", "recreates the container"),
    check_yourself="docker inspect -f '{{json .HostConfig.SecurityOpt}}' {name}",
    bad={
        "docker run": "docker run --security-opt frobnicate=1 shop",
        "request": {"Image": "shop", "HostConfig": {"SecurityOpt": ["credentialspec=file://account.json"]}},
        "compose": [
            "services: {web: {image: shop, credential_spec: {file: account.json}}}",
            "services: {web: {image: shop, security_opt: ['credentialspec=file://account.json']}}",
            "services: {web: {image: shop, security_opt: ['frobnicate:1']}}",
        ],
    },
    good={
        "docker run": "docker run --security-opt no-new-privileges --security-opt label=type:container_t shop",
        "request": {"Image": "shop", "HostConfig": {"SecurityOpt": ["apparmor=docker-default"]}},
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, security_opt: ['no-new-privileges:true', 'systempaths=unconfined']}}",
        ],
    },
    unclear={"compose": "services: {web: {image: shop, security_opt: ['${OPTION}']}}"},
)


@control.judge
def security_options(unit: Unit) -> Judgement:
    if isinstance(unit.os, Set) and unit.os.value == "windows":
        return not_applicable("it is a container of Windows", unit.os.source)
    found = [option for container in unit.containers for option in container.unknown_options]
    faults = [Fault(f"{option.written}: no engine on Linux takes it", option.declared_at) for option in found]
    judged = judge_faults(faults, good="its security options are known", source=unit.source)
    return as_far_as_told(judged, unit, "security_options")
