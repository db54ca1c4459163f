"""Files of orchestrators, as `dockworthy check` judges them: over several files, and only at the level that asks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dockworthy.check import check
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.model.result import Answer, Result

DEPLOYMENT = (
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {replicas: 2, template: "
    "{metadata: {labels: {app: web}}, spec: {serviceAccountName: web, containers: [{name: web, image: shop}]}}}}\n"
)
BESIDE = {
    "policy.yaml": "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, "
    "metadata: {name: deny, namespace: shop}, spec: {podSelector: {}, policyTypes: [Ingress, Egress]}}\n",
    "budget.yaml": "{apiVersion: policy/v1, kind: PodDisruptionBudget, "
    "metadata: {name: web, namespace: shop}, spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}}\n",
    "account.yaml": "{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: shop}, "
    "automountServiceAccountToken: false}\n",
}
ROLE = (
    "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: all}, "
    "rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]}\n"
)
APP = {"id": "/shop/web", "container": {"docker": {"image": "shop", "privileged": True}}}
JOB = {"applicationName": "shop", "container": {"resources": {"cpu": 1}, "image": {"name": "a"}}, "service": {}}


def outcomes(result: Result, *controls: str) -> dict[str, Outcome]:
    return {f.control: f.outcome for f in result.findings if f.control in controls}


def test_a_deployment_is_judged_by_what_stands_in_the_files_beside_it(tmp_path: Path) -> None:
    asked = ("workload/network-policy", "workload/disruption-budget", "workload/service-account-token")
    (tmp_path / "deployment.yaml").write_text(DEPLOYMENT)
    alone = outcomes(check([str(tmp_path)], level=Level.PRODUCTION), *asked)
    assert alone == dict.fromkeys(asked, Outcome.UNKNOWN)
    for name, text in BESIDE.items():
        (tmp_path / name).write_text(text)
    assert outcomes(check([str(tmp_path)], level=Level.PRODUCTION), *asked) == dict.fromkeys(asked, Outcome.PASS)


def test_rights_are_asked_at_production_only(tmp_path: Path) -> None:
    (tmp_path / "role.yaml").write_text(ROLE)
    assert check([str(tmp_path)], level=Level.RESTRICTED).verdict.answer is Answer.YES
    result = check([str(tmp_path)], level=Level.PRODUCTION)
    assert result.verdict.answer is Answer.NOT_YET
    (subject,) = result.subjects
    assert (subject.id, subject.kind) == (f"{tmp_path}/role.yaml#clusterrole/all", "access")
    failing = {finding.control for finding in result.findings if finding.outcome is Outcome.FAIL}
    assert failing == {"access/wildcards"}, "one fault, one finding"


def test_what_the_api_server_made_itself_is_not_held_against_anybody(tmp_path: Path) -> None:
    label = "labels: {kubernetes.io/bootstrapping: rbac-defaults}"
    (tmp_path / "role.yaml").write_text(ROLE.replace("name: all", f"name: cluster-admin, {label}"))
    result = check([str(tmp_path)], level=Level.PRODUCTION)
    assert {finding.outcome for finding in result.findings} == {Outcome.NOT_APPLICABLE}


@pytest.mark.parametrize(("document", "subject"), [(APP, "/shop/web"), (JOB, "shop")])
def test_apps_and_jobs_are_found_by_their_content(tmp_path: Path, document: object, subject: str) -> None:
    (tmp_path / "package.json").write_text('{"name": "shop", "dependencies": {"a": "^1"}}')
    (tmp_path / "x.json").write_text(json.dumps(document))
    result = check([str(tmp_path)], level=Level.PRODUCTION)
    assert [found.id for found in result.subjects] == [f"{tmp_path}/x.json#{subject}"]
    assert not any("the control itself failed" in str(finding.evidence) for finding in result.findings)


def test_a_broken_app_is_named_and_the_others_are_judged(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({**APP, "mem": "lots"}))
    (tmp_path / "b.json").write_text(json.dumps(APP))
    result = check([str(tmp_path / "a.json"), str(tmp_path / "b.json")], level=Level.BASELINE)
    assert [says for _, says in result.unread] == [f"{tmp_path}/a.json:1: mem is 'lots', not a number from 0 on"]
    assert outcomes(result, "workload/privileged") == {"workload/privileged": Outcome.FAIL}


def _pod(privileged: bool, namespace: str = "a") -> dict[str, object]:
    container = {"name": "c", "image": "x", "securityContext": {"privileged": privileged}}
    return {"metadata": {"name": "web", "namespace": namespace}, "spec": {"containers": [container]}}


@pytest.mark.parametrize(
    "documents",
    [
        [[APP | {"container": {"docker": {"image": "shop"}}}, APP]],
        [{"kind": "PodList", "apiVersion": "v1", "items": [_pod(False), _pod(True, "b")]}],
        [{"kind": "List", "apiVersion": "v1", "items": [{"kind": "Pod"} | _pod(p) for p in (False, True)]}],
        [JOB, JOB],
    ],
    ids=["apps", "pods without a kind", "pods", "jobs"],
)
def test_of_two_with_one_name_each_is_judged(tmp_path: Path, documents: list[object]) -> None:
    """Also where both stand on one line, as programs write JSON."""
    (tmp_path / "all.yaml").write_text("\n---\n".join(json.dumps(document) for document in documents))
    result = check([str(tmp_path)], level=Level.BASELINE)
    assert len({subject.id for subject in result.subjects}) == 2
    assert len({finding.subject for finding in result.findings}) == 2
