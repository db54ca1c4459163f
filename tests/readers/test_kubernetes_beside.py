"""Objects beside pods: rights, ways in, policies, budgets, accounts, and what a pod learns from them."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.errors import UnreadableInput
from dockworthy.model.access import Access, AccessRule
from dockworthy.model.field import Set, Source, Unset
from dockworthy.model.orchestrated import Direction, NodeRequirement
from dockworthy.model.workload import Unit
from dockworthy.model.written import Written
from dockworthy.readers.kubernetes.joining import joined, together
from dockworthy.readers.kubernetes.objects import read_manifests
from dockworthy.readers.yaml_source import documents

POD = "{kind: Pod, metadata: {name: a, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a}]}}"
HERE = Source("x")


def read(*texts: str) -> Written:
    return joined(read_manifests(documents("\n---\n".join(texts), "objects.yaml")))


def pod(*texts: str) -> Unit:
    (unit,) = read(*texts).units
    return unit


def access(text: str) -> Access:
    (found,) = read(text).accesses
    return found


def value(field: Any) -> Any:
    assert isinstance(field, Set), field
    return field.value


@pytest.mark.parametrize(
    ("rule", "resource", "verbs"),
    [
        (AccessRule(source=HERE, verbs=("*",), groups=("",), resources=("pods",)), "pods", ("create",)),
        (AccessRule(source=HERE, verbs=("*",), groups=("",), resources=("pods",)), "pods/exec", ()),
        (AccessRule(source=HERE, verbs=("create",), groups=("*",), resources=("*",)), "pods/exec", ("create",)),
        (AccessRule(source=HERE, verbs=("create",), groups=("",), resources=("*/exec",)), "pods/exec", ("create",)),
        (AccessRule(source=HERE, verbs=("create",), groups=("apps",), resources=("*",)), "pods", ()),
        (AccessRule(source=HERE, verbs=("get",), groups=("",), resources=("pods",)), "pods", ()),
    ],
)
def test_a_rule_allows_what_the_api_server_would(rule: AccessRule, resource: str, verbs: tuple[str, ...]) -> None:
    assert rule.verbs_on("", resource, ("create",)) == verbs


def test_a_service_account_without_a_namespace_is_the_bindings() -> None:
    text = "{kind: RoleBinding, metadata: {name: b, namespace: shop}, roleRef: {kind: Role, name: r}, subjects: [%s]}"
    (holder,) = access(text % "{kind: ServiceAccount, name: web}").holders
    assert str(holder) == "service account shop/web"
    (holder,) = access(text % "{kind: ServiceAccount, name: web, namespace: other}").holders
    assert str(holder) == "service account other/web"


@pytest.mark.parametrize(
    "text",
    [
        "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: a}, spec: {template: {}}}",
        "{apiVersion: crd.projectcalico.org/v1, kind: NetworkPolicy, spec: {selector: all()}}",
        "{apiVersion: iam.example.com/v1, kind: Role, rules: 5}",
    ],
)
def test_kinds_of_the_same_name_in_other_groups_are_left_alone(text: str) -> None:
    assert read(text) == Written()


def test_two_objects_of_one_name_are_told_apart() -> None:
    role = "{kind: Role, metadata: {name: a, namespace: %s}}"
    ids = [found.id for found in read(role % "x", role % "y").accesses]
    assert ids == ["objects.yaml#role/x/a", "objects.yaml#role/y/a"]


@pytest.mark.parametrize(
    ("spec", "ingress", "egress"),
    [
        ("podSelector: {}", Direction.LIMITED, Direction.NOT_SAID),
        ("podSelector: {}, egress: []", Direction.LIMITED, Direction.LIMITED),
        ("podSelector: {}, policyTypes: [Egress]", Direction.NOT_SAID, Direction.LIMITED),
        ("podSelector: {}, ingress: [{}]", Direction.OPEN, Direction.NOT_SAID),
        ("podSelector: {}, ingress: [{from: [], ports: []}]", Direction.OPEN, Direction.NOT_SAID),
        ("podSelector: {}, ingress: [{ports: [{port: 80}]}]", Direction.LIMITED, Direction.NOT_SAID),
    ],
)
def test_directions_of_a_policy(spec: str, ingress: Direction, egress: Direction) -> None:
    text = f"{{kind: NetworkPolicy, metadata: {{name: p, namespace: shop}}, spec: {{{spec}}}}}"
    (policy,) = value(pod(POD, text).orchestrated.policies)
    assert (policy.ingress, policy.egress) == (ingress, egress)


@pytest.mark.parametrize(
    ("selector", "selects"),
    [
        ("{}", True),
        ("{matchLabels: {app: web}}", True),
        ("{matchLabels: {app: web, tier: x}}", False),
        ("{matchExpressions: [{key: app, operator: In, values: [web, db]}]}", True),
        ("{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}", False),
        ("{matchExpressions: [{key: tier, operator: NotIn, values: [web]}]}", True),
        ("{matchExpressions: [{key: app, operator: DoesNotExist}]}", False),
    ],
)
def test_selectors(selector: str, selects: bool) -> None:
    budget = f"{{kind: PodDisruptionBudget, metadata: {{namespace: shop}}, spec: {{selector: {selector}}}}}"
    assert isinstance(pod(POD, budget).orchestrated.budget, Set) is selects


def test_an_object_of_another_namespace_says_nothing() -> None:
    policy = "{kind: NetworkPolicy, metadata: {namespace: other}, spec: {podSelector: {}}}"
    assert isinstance(pod(POD, policy).orchestrated.policies, Unset)


def test_objects_of_other_files_are_told_to_the_pod_too() -> None:
    policy = "{kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: {podSelector: {}}}"
    files = [read_manifests(documents(text, f"{number}.yaml")) for number, text in enumerate((POD, policy))]
    whole = Written(units=files[0].units, neighbours=together(file.neighbours for file in files))
    (found,) = value(joined(whole).units[0].orchestrated.policies)
    assert found.source.where == "1.yaml"


def test_grants_by_name_and_by_the_group_of_a_namespace() -> None:
    binding = (
        "{kind: RoleBinding, metadata: {name: %s, namespace: shop}, roleRef: {kind: Role, name: r}, subjects: [%s]}"
    )
    unit = pod(
        POD,
        binding % ("mine", "{kind: ServiceAccount, name: default}"),
        binding % ("ours", "{kind: Group, name: 'system:serviceaccounts:shop'}"),
        binding % ("theirs", "{kind: ServiceAccount, name: default, namespace: other}"),
    )
    assert [grant.name for grant in value(unit.orchestrated.grants)] == ["mine", "ours"]


def test_an_operator_that_does_not_exist_is_refused_with_its_place() -> None:
    text = "kind: NetworkPolicy\nspec:\n  podSelector:\n    matchExpressions:\n    - {key: a, operator: Near}"
    with pytest.raises(UnreadableInput, match=r"objects\.yaml:5"):
        read(text)
    assert NodeRequirement("a", "Exists").holds_for({"a": ""})
