"""Without TLS everybody on the way reads and changes what is sent, passwords and cookies first."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.access import Access
from ...model.control import Control, Subject
from ...model.finding import Evidence, Judgement, Outcome, Remedy, passed
from ...model.levels import Level, Severity

_INGRESS = "{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: shop{more}}}, spec: {{{spec}}}}}"
_RULE = "rules: [{host: shop.example.com}]"

control = Control(
    id="access/ingress-tls",
    title="Every host of an Ingress has a certificate",
    fault="{who} [has|have] hosts without a certificate",
    rationale="What comes in without TLS can be read and changed on its way; browsers say so to every visitor.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="5.network",
    subject=Subject.ACCESS,
    remedy=Remedy(
        "Add the host to `spec.tls` with the secret that holds its certificate; cert-manager keeps it renewed.",
        "nothing stops; clients are sent to https where the controller does so",
    ),
    check_yourself="kubectl get ingress -A -o jsonpath='{range .items[*]}{.metadata.name} {.spec.tls}{\"\\n\"}{end}'",
    bad={
        "kubernetes": [
            _INGRESS.format(more="", spec=_RULE),
            _INGRESS.format(more="", spec=f"{_RULE}, tls: [{{hosts: [other.example.com], secretName: a}}]"),
            _INGRESS.format(more="", spec="defaultBackend: {service: {name: shop, port: {number: 80}}}"),
        ]
    },
    good={
        "kubernetes": [
            _INGRESS.format(more="", spec=f"{_RULE}, tls: [{{hosts: [shop.example.com], secretName: a}}]"),
            _INGRESS.format(more="", spec=f"{_RULE}, tls: [{{hosts: ['*.example.com'], secretName: a}}]"),
            _INGRESS.format(more="", spec=f"{_RULE}, tls: [{{secretName: a}}]"),
            _INGRESS.format(more=", annotations: {networking.gke.io/managed-certificates: shop}", spec=_RULE),
        ]
    },
)


@control.judge
def ingress_tls(access: Access) -> Iterator[Judgement]:
    if access.kind != "ingress":
        return
    bare = [opening for opening in access.openings if not opening.encrypted]
    if bare:
        yield Judgement(Outcome.FAIL, tuple(Evidence(f"no certificate for {way.says}", way.source) for way in bare))
    else:
        yield passed("every host has a certificate", access.source)
