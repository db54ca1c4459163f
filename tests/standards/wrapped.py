"""A pod in every object that can hold one: judged as the bare pod is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Object = dict[str, Any]


def _template(pod: Object) -> Object:
    """As a controller holds it: without a kind of its own."""
    return {"metadata": pod.get("metadata", {}), "spec": pod["spec"]}


def _controller(kind: str, api: str) -> Callable[[Object], Object]:
    return lambda pod: {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": "tight"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {}}, "template": _template(pod)},
    }


def _cron_job(pod: Object) -> Object:
    job = {"spec": {"template": _template(pod)}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "tight"},
        "spec": {"schedule": "@daily", "jobTemplate": job},
    }


def _as_kubectl_tells(pod: Object) -> Object:
    """`kubectl get pods -o json`: with all that the API server adds, some of it looking like a pod's own words."""
    noise = {
        "uid": "1",
        "resourceVersion": "7",
        "managedFields": [
            {
                "manager": "kubectl",
                "operation": "Apply",
                "fieldsV1": {
                    "f:spec": {"f:containers": {'k:{"name":"a"}': {"f:securityContext": {"f:privileged": {}}}}}
                },
            }
        ],
    }
    status = {"phase": "Running", "containerStatuses": [{"name": "a", "state": {"running": {}}, "hostNetwork": True}]}
    told = {**pod, "metadata": {**pod.get("metadata", {}), **noise}, "status": status}
    return {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": [told]}


WRAPPED: dict[str, Callable[[Object], Object]] = {
    "Pod": lambda pod: pod,
    "Deployment": _controller("Deployment", "apps/v1"),
    "StatefulSet": _controller("StatefulSet", "apps/v1"),
    "DaemonSet": _controller("DaemonSet", "apps/v1"),
    "CronJob": _cron_job,
    "List": lambda pod: {"apiVersion": "v1", "kind": "List", "items": [pod]},
    "kubectl get": _as_kubectl_tells,
}
"""How it is held -> the object that holds it."""
