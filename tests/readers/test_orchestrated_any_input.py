"""Whatever stands in an orchestrator's file, it is read or refused with its place, in bounded time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.errors import UnreadableInput
from dockworthy.readers.kubernetes.joining import joined
from dockworthy.readers.kubernetes.objects import read_manifests
from dockworthy.readers.marathon import is_marathon
from dockworthy.readers.marathon.definitions import read_marathon
from dockworthy.readers.titus import is_titus
from dockworthy.readers.titus.job import read_titus
from dockworthy.readers.yaml_source import documents
from effort import examples


def _anything(words: str) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(words.split())
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | keys,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | st.text(max_size=5), inner, max_size=6),
        max_leaves=30,
    )


_MARATHON = _anything(
    "id cmd args container docker image parameters key value volumes containerPath hostPath portMappings containerPort "
    "hostPort protocol networks mode env secret healthChecks command upgradeStrategy minimumHealthCapacity instances "
    "cpus mem resourceLimits fetch uri constraints linuxInfo seccomp user labels privileged cap-add publish memory"
)
_TITUS = _anything(
    "applicationName container image name tag digest resources cpu memoryMB efsMounts env attributes securityProfile "
    "iamRole securityGroups service batch size capacity desired disruptionBudget selfManaged extraContainers command "
    "volumeMounts softConstraints constraints titusParameter.agent.fuseEnabled"
)
_KUBERNETES = _anything(
    "rules verbs resources apiGroups resourceNames nonResourceURLs roleRef subjects kind name namespace spec "
    "podSelector matchLabels matchExpressions operator values In ingress egress from to ports policyTypes type "
    "nodePort tls hosts minAvailable maxUnavailable automountServiceAccountToken metadata labels annotations selector "
    "externalIPs port"
)


@given(body=_MARATHON)
@settings(deadline=None, max_examples=examples(300))
def test_any_value_in_a_definition_of_marathon(body: Any) -> None:
    docker = {"docker": body, "type": "DOCKER", "volumes": body, "portMappings": body}
    whole = {"id": "a", "container": {"docker": {"image": "shop", "parameters": body}}, "env": body, "networks": body}
    for made in (body, {"id": "a", "container": docker}, whole, {"id": "a", "groups": body, "apps": [whole]}):
        try:
            for document in documents(json.dumps(made), "app.json"):
                if is_marathon(document):
                    read_marathon(document)
        except UnreadableInput as error:
            assert error.says.startswith("app.json")


@given(body=_TITUS)
@settings(deadline=None, max_examples=examples(300))
def test_any_value_in_a_job_of_titus(body: Any) -> None:
    container = {"image": body, "resources": body, "env": body, "securityProfile": body, "attributes": body}
    for made in (body, {"applicationName": body, "container": container, "service": body, "disruptionBudget": body}):
        try:
            for document in documents(json.dumps(made), "job.json"):
                if is_titus(document):
                    read_titus(document)
        except UnreadableInput as error:
            assert error.says.startswith("job.json")


@given(
    kind=st.sampled_from(
        "Role ClusterRole RoleBinding ClusterRoleBinding Service Ingress NetworkPolicy PodDisruptionBudget "
        "ServiceAccount Namespace".split()
    ),
    body=_KUBERNETES,
)
@settings(deadline=None, max_examples=examples(300))
def test_any_value_in_an_object_beside_a_pod(kind: str, body: Any) -> None:
    parts = {"spec": body, "rules": body, "roleRef": body, "subjects": body, "automountServiceAccountToken": body}
    for made in ({"kind": kind, **parts}, {"kind": kind, "metadata": body, "apiVersion": body}):
        try:
            joined(read_manifests(documents(json.dumps(made), "object.yaml")))
        except UnreadableInput as error:
            assert error.says.startswith("object.yaml")


def test_aliases_of_groups_do_not_grow_without_end() -> None:
    groups = ["l0: &l0 {id: a, apps: [{id: b, container: {docker: {image: shop}}}]}"]
    empty = ["e0: &e0 {id: a, apps: []}"]
    for level in range(1, 8):
        groups.append(f"l{level}: &l{level} {{id: a, groups: [{', '.join([f'*l{level - 1}'] * 12)}]}}")
        empty.append(f"e{level}: &e{level} {{id: a, groups: [{', '.join([f'*e{level - 1}'] * 12)}]}}")
    one_app = "apps: [{id: b, container: {docker: {image: shop}}}]"
    for lines in ([*groups, "id: /", "groups: [*l7]"], [*empty, one_app, "groups: [*e7]"], [*empty, "groups: [*e7]"]):
        with pytest.raises(UnreadableInput, match="aliases counted"):
            list(documents("\n".join(lines), "app.json"))
