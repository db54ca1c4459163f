"""A container without seccomp may call every system call of the kernel."""

from __future__ import annotations

from ...model.compose_fix import ComposeFix
from ...model.control import Control, Subject, cis, nist, owasp, pss
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import judge_faults
from ._seccomp import judge_filtered, wrong_profiles
from ._written_options import without_option

control = Control(
    id="workload/seccomp",
    title="No container switches seccomp off",
    fault="{who} [runs|run] with seccomp off",
    rationale="The default seccomp profile blocks some 60 system calls, among them those that most kernel exploits "
    "begin with: 30 of them are looked at. A profile that allows more than half of these is no filter.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="1.privileges",
    follows_from=("workload/privileged",),
    subject=Subject.UNIT,
    references=(
        pss("seccompProfile_baseline"),
        cis("1.6.0", "5.22"),
        cis("1.8.0", "5.22"),
        nist("4.4.3"),
        owasp("D04"),
    ),
    remedy=Remedy(
        "Drop `seccomp=unconfined`; a profile of your own can allow the one call that is needed.",
        "recreates the container",
    ),
    fixes=(
        ComposeFix(
            says="takes `seccomp=unconfined` away",
            may_break="system calls that the default profile denies: sandboxes of browsers, nested containers, some debuggers",
            changes=without_option("seccomp", "unconfined"),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.SecurityOpt}}' {name}; grep Seccomp: /proc/$(docker inspect -f '{{.State.Pid}}' {name})/status",
    bad={
        "compose": [
            "services: {web: {image: shop, security_opt: ['seccomp:unconfined']}}",
            "services: {web: {image: shop, privileged: true}}",
        ],
        "kubernetes": [
            "{kind: Pod, spec: {securityContext: {seccompProfile: {type: Unconfined}}, containers: [{name: a}]}}",
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {seccompProfile: {type: Unconfined}}}]}}",
        ],
        "container": [
            {"HostConfig": {"SecurityOpt": ["seccomp=unconfined"]}},
            {"HostConfig": {"Privileged": True, "SecurityOpt": []}},
            {"HostConfig": {"SecurityOpt": ['seccomp={"defaultAction": "SCMP_ACT_ALLOW"}']}},
            {"HostConfig": {"SecurityOpt": ["seccomp={}"]}},
        ],
        "request": {"Image": "shop", "HostConfig": {"SecurityOpt": ['seccomp={"defaultaction": "SCMP_ACT_LOG"}']}},
    },
    good={
        "compose": "services: {web: {image: shop}}",
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a}]}}",
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {seccompProfile: {type: Localhost, localhostProfile: a.json}}}]}}",
        ],
        "container": [{}, {"HostConfig": {"SecurityOpt": ['seccomp={"defaultAction": "SCMP_ACT_ERRNO"}']}}],
    },
    unclear={
        "compose": "services: {web: {image: shop, security_opt: ['seccomp:./profile.json']}}",
        "docker run": "docker run --security-opt seccomp=profile.json shop",
        "container": {"HostConfig": {"SecurityOpt": ['seccomp={"defaultAction": 1, "DefaultAction": 2}']}},
    },
)


@control.judge
def seccomp(unit: Unit) -> Judgement:
    if not unit.dialect.is_kubernetes:
        return judge_filtered(unit)
    return judge_faults(wrong_profiles(unit), good="no seccomp profile outside the allowed ones", source=unit.source)
