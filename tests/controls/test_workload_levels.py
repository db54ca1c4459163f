"""What is tight stays clean at its level, and no fault has two names."""

from __future__ import annotations

import pytest
from judged import failing, findings

from dockworthy.controls.judging import controls_for_units
from dockworthy.model.dialect import NEWEST_POD_SECURITY_STANDARDS, Dialect, Platform
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.readers.yaml_source import documents
from examples import read_kubernetes

WITHOUT_OPERATION = {
    "Config": {"Healthcheck": None, "Image": "shop:latest"},
    "HostConfig": {
        "RestartPolicy": {"Name": "no"},
        "LogConfig": {"Type": "json-file", "Config": {}},
        "NanoCpus": 0,
        "NetworkMode": "bridge",
    },
}

TIGHT_POD = """
kind: Pod
metadata: {name: shop}
spec:
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: shop
    image: shop@sha256:%s
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    resources: {limits: {memory: 64Mi, cpu: 500m}}
    readinessProbe: {httpGet: {port: 8000}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nothing-unasked}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
""" % ("a" * 64)


@pytest.mark.parametrize("syntax", ["container", "service"])
def test_the_tight_one_is_clean_at_production(syntax: str) -> None:
    assert not failing(findings(syntax, {}))


def test_how_it_is_operated_is_no_matter_of_restricted() -> None:
    found = findings("container", WITHOUT_OPERATION, level=Level.RESTRICTED)
    assert {finding.outcome for finding in found.values()} <= {Outcome.PASS, Outcome.NOT_APPLICABLE}
    at_production = failing(findings("container", WITHOUT_OPERATION))
    assert at_production == {
        "cpu-limit",
        "default-bridge",
        "health-check",
        "log-rotation",
        "pinned-image",
        "restart-policy",
    }


def test_a_tight_pod_is_clean_at_production() -> None:
    (pod,) = read_kubernetes(documents(TIGHT_POD, "pod.yaml"))
    asked = controls_for_units(Level.PRODUCTION, pod.dialect)
    outcomes = {}
    for control in asked:
        assert control.judge_function is not None
        outcomes[control.id] = control.judge_function(pod).outcome
    assert set(outcomes.values()) <= {Outcome.PASS, Outcome.NOT_APPLICABLE}, outcomes
    assert {"workload/memory-limit", "workload/pinned-image", "workload/writable-root"} <= set(outcomes)


def test_a_hosts_path_in_a_pod_is_one_fault() -> None:
    dialect = Dialect(Platform.KUBERNETES, NEWEST_POD_SECURITY_STANDARDS)
    asked = {control.id for control in controls_for_units(Level.PRODUCTION, dialect)}
    assert not asked & {"workload/engine-socket", "workload/host-mounts", "workload/host-view"}


@pytest.mark.parametrize("syntax", ["container", "service"])
def test_commands_to_check_oneself_name_the_unit(syntax: str) -> None:
    for finding in findings(syntax, {}).values():
        assert "{name}" not in finding.check_yourself
