"""Without its AppArmor profile a container may do on the host's files what its capabilities allow."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.compose_fix import ComposeFix
from ...model.control import Control, Subject, cis, nist, owasp, pss
from ...model.field import Set, Unknown, Unset
from ...model.finding import Judgement, Remedy, not_applicable, unknown
from ...model.levels import Level, Severity
from ...model.workload import Profile, Unit
from ._containers import Fault, judge_faults
from ._written_options import without_option

control = Control(
    id="workload/apparmor",
    title="The AppArmor profile is the default one or a named one",
    fault="{who} [is|are] not confined by AppArmor",
    rationale="AppArmor's default profile denies mounts, raw kernel files and more, whatever capabilities are given.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="1.host-access",
    follows_from=("workload/privileged",),
    also_for=("1.privileges",),
    subject=Subject.UNIT,
    references=(pss("appArmorProfile"), cis("1.6.0", "5.2"), cis("1.8.0", "5.2"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy(
        "Drop `apparmor=unconfined`; name a profile of your own where the default is too tight.",
        "recreates the container",
    ),
    fixes=(
        ComposeFix(
            says="takes `apparmor=unconfined` away",
            may_break="what the default profile denies: mounting, writing to /proc and /sys, tracing other processes",
            changes=without_option("apparmor", "unconfined"),
        ),
    ),
    check_yourself="docker inspect -f '{{.AppArmorProfile}} {{.HostConfig.SecurityOpt}}' {name}",
    bad={
        "compose": [
            "services: {web: {image: shop, security_opt: ['apparmor:unconfined']}}",
            "services: {web: {image: shop, privileged: true}}",
        ],
        "kubernetes": [
            "{kind: Pod, spec: {securityContext: {appArmorProfile: {type: Unconfined}}, containers: [{name: a}]}}",
            "{kind: Pod, metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: unconfined}},"
            " spec: {containers: [{name: a}]}}",
        ],
        "container": {"HostConfig": {"SecurityOpt": ["apparmor=unconfined"]}},
    },
    good={
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, security_opt: ['apparmor:mine']}}",
        ],
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {appArmorProfile: {type: RuntimeDefault}}}]}}",
            "{kind: Pod, metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: localhost/mine}},"
            " spec: {containers: [{name: a}]}}",
        ],
    },
)


_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"


@control.judge
def apparmor(unit: Unit) -> Judgement:
    setters = [("the pod", unit.context.apparmor)] if unit.dialect.is_kubernetes else []
    setters += [(container.name, container.context.apparmor) for container in unit.containers]
    faults = [*_bad_fields(setters), *_bad_annotations(unit)]
    if faults:
        return judge_faults(faults, good="", source=unit.source)
    for _, field in setters:
        if isinstance(field, Unknown):
            return unknown(field.reason, field.source, tell=field.tell)
    if not unit.dialect.is_kubernetes and "apparmor" not in unit.dialect.gates:
        return not_applicable("the engine does not use AppArmor on this host", unit.source)
    return judge_faults([], good="nothing takes the AppArmor profile away", source=unit.source)


def _bad_fields(setters: list[tuple[str, Set[Profile] | Unset | Unknown]]) -> Iterator[Fault]:
    for who, field in setters:
        if isinstance(field, Set) and field.value.type not in ("RuntimeDefault", "Localhost"):
            yield Fault(f"{who}: AppArmor profile {field.value.type or 'without a type'}", field.source)


def _bad_annotations(unit: Unit) -> Iterator[Fault]:
    for key, annotation in unit.annotations.items():
        value, source = annotation.value, annotation.source
        if key.startswith(_ANNOTATION) and value not in ("", "runtime/default") and not value.startswith("localhost/"):
            yield Fault(f"annotation {key}={value}", source)
