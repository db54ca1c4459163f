"""The kubernetes reader: what it takes, what it refuses with file and line, and that nothing makes it crash."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.errors import UnreadableInput
from dockworthy.model.field import Set, Unset
from dockworthy.model.workload import ContainerRole, Unit
from dockworthy.readers.yaml_source import documents
from effort import examples
from examples import read_kubernetes


def read(text: str) -> list[Unit]:
    return read_kubernetes(documents(text, "pod.yaml"))


def test_values_know_their_line() -> None:
    (unit,) = read(
        """
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: a
    securityContext:
      privileged: true
"""
    )
    field = unit.containers[0].privileged
    assert isinstance(field, Set)
    assert str(field.source) == "pod.yaml:8 spec.containers[0].securityContext.privileged"


def test_absent_and_null_are_unset_at_the_container() -> None:
    (unit,) = read("kind: Pod\nspec:\n  containers:\n  - name: a\n    securityContext: {privileged: null}\n")
    for field in (unit.containers[0].privileged, unit.containers[0].read_only_root):
        assert isinstance(field, Unset)
        assert field.source.line == 4


@pytest.mark.parametrize(
    "kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"]
)
def test_pods_inside_controllers(kind: str) -> None:
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "a"}]}}
    (unit,) = read(json.dumps({"kind": kind, "metadata": {"name": "x"}, "spec": {"template": template, "replicas": 3}}))
    assert (unit.kind, unit.id, unit.labels) == (kind.lower(), "pod.yaml#x", {"app": "x"})


_POD = {"spec": {"containers": [{"name": "a", "image": "x", "securityContext": {"privileged": True}}]}}
_MAKERS = {
    "argoproj.io/v1alpha1 Rollout": {"replicas": {"min": 1}, "template": _POD},
    "serving.knative.dev/v1 Service": {"template": _POD},
    "apps.openshift.io/v1 DeploymentConfig": {"replicas": 2, "template": _POD},
    "jobset.x-k8s.io/v1alpha2 JobSet": {"replicatedJobs": [{"template": {"spec": {"template": _POD}}}]},
    "argoproj.io/v1alpha1 Workflow": {"templates": [{"name": "t", "container": _POD["spec"]["containers"][0]}]},
}


@pytest.mark.parametrize("kind", _MAKERS)
def test_pods_inside_kinds_of_somebody_elses(kind: str) -> None:
    version, name = kind.split()
    (unit,) = read(json.dumps({"apiVersion": version, "kind": name, "spec": _MAKERS[kind]}))
    privileged = unit.containers[0].privileged
    assert isinstance(privileged, Set) and privileged.value is True
    assert unit.kind == name.lower()


def test_what_only_speaks_of_containers_has_no_pod() -> None:
    schema = "{spec: {type: object, properties: {containers: {type: array, items: {type: object}}}}}"
    assert read(f"{{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {schema}}}") == []
    assert read("{apiVersion: example.org/v1, kind: Registry, spec: {containers: [shop, web]}}") == []


def test_a_cron_job_and_a_list() -> None:
    job = {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}}}
    cron = {"kind": "CronJob", "metadata": {"name": "nightly"}, "spec": job}
    units = read(json.dumps({"kind": "List", "items": [cron, {"kind": "Service"}]}))
    assert [unit.name for unit in units] == ["nightly"]


def test_an_init_container_that_always_restarts_is_a_sidecar() -> None:
    (unit,) = read("{kind: Pod, spec: {initContainers: [{name: i, restartPolicy: Always}], containers: [{name: a}]}}")
    assert [container.role for container in unit.containers] == [ContainerRole.SIDECAR, ContainerRole.MAIN]


def test_two_pods_of_one_name_are_told_apart() -> None:
    pod = "{kind: Pod, metadata: {name: a}, spec: {containers: [{name: a}]}}"
    assert [unit.id for unit in read(f"{pod}\n---\n{pod}")] == ["pod.yaml#pod/a@1", "pod.yaml#pod/a@3"]


def test_pods_of_one_name_are_told_apart_by_namespace_before_their_line() -> None:
    """`kubectl get pods -A` gives many; what is known of one must stay known when another is added above."""
    pods = [
        f"{{kind: Pod, metadata: {{name: a, namespace: {name}}}, spec: {{containers: [{{name: a}}]}}}}"
        for name in ("one", "two", "two")
    ]
    ids = [unit.id for unit in read("\n---\n".join(pods))]
    assert ids == ["pod.yaml#pod/one/a", "pod.yaml#pod/two/a@3", "pod.yaml#pod/two/a@5"]


def test_a_merge_key_is_followed_and_what_is_written_wins() -> None:
    (unit,) = read(
        """
base: &base {privileged: true, readOnlyRootFilesystem: true}
kind: Pod
spec:
  containers:
  - name: a
    securityContext:
      <<: *base
      privileged: false
"""
    )
    container = unit.containers[0]
    assert isinstance(container.privileged, Set) and container.privileged.value is False
    assert isinstance(container.read_only_root, Set) and container.read_only_root.source.line == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind: Pod\nspec: {containers: 5}", "pod.yaml:2: spec.containers is '5', not a list"),
        ("kind: Pod\nspec:\n  hostNetwork: 'true'\n  containers: [{}]", "pod.yaml:3: spec.hostNetwork is 'true'"),
        ("kind: Pod\nspec: {containers: []}", "it has no containers"),
        ("kind: Pod", "it has no spec"),
        ("kind: Pod\nkind: Pod", "pod.yaml:2: the key 'kind' stands twice, here and in line 1"),
        ("kind: [", "pod.yaml:1"),
        ("a: b: c", "pod.yaml:1"),
        ("kind: Pod\nspec: {containers: [{resources: {limits: {memory: lots}}}]}", "not a quantity"),
        ("[" * 20_000, "nesting"),
        ("kind: Namespace\nmetadata: {labels: {pod-security.kubernetes.io/enforce-version: new}}", "not a version"),
        ("kind: Pod\x00", "not YAML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, says: str) -> None:
    with pytest.raises(UnreadableInput) as error:
        read(text)
    assert says in error.value.says


def test_aliases_of_lists_do_not_grow_without_end() -> None:
    lists = ["l0: &l0 {kind: List, items: [{kind: Service}, {kind: Service}]}"]
    for level in range(1, 8):
        items = ", ".join([f"*l{level - 1}"] * 12)
        lists.append(f"l{level}: &l{level} {{kind: List, items: [{items}]}}")
    with pytest.raises(UnreadableInput, match="aliases counted"):
        read("\n".join([*lists, "kind: List", "items: [*l7]"]))


_KEYS = st.sampled_from(
    "kind metadata name spec containers initContainers securityContext capabilities add drop volumes hostPath ports "
    "hostPort env value resources limits memory cpu lifecycle preStop httpGet host os sysctls template items "
    "annotations seccompProfile type runAsUser hostNetwork hostUsers labels restartPolicy livenessProbe "
    "windowsOptions".split()
)
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | _KEYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS | st.text(max_size=5), inner, max_size=6),
    max_leaves=30,
)


@given(kind=st.sampled_from(["Pod", "Deployment", "CronJob", "List", "Namespace", "PodTemplate"]), body=_ANYTHING)
@settings(deadline=None, max_examples=examples(300))
def test_any_value_anywhere_is_read_or_refused(kind: str, body: Any) -> None:
    for text in (json.dumps(body), json.dumps({"kind": kind, "metadata": body, "spec": body, "items": body})):
        try:
            read(text)
        except UnreadableInput as error:
            assert error.says.startswith("pod.yaml")


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
@settings(deadline=None, max_examples=examples(300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read(text)
    except UnreadableInput as error:
        assert error.says.startswith("pod.yaml")
