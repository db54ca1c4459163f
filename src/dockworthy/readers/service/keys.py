"""Every key of a service's spec and what stands under it, up to API 1.45.

Source: Engine API reference v1.45, ServiceSpec.
"""

from __future__ import annotations

from ..create_request.keys import HEALTH, MOUNT, NUMBER, TEXT, TEXT_MAP, TEXTS, TRUTH, WHOLE, KeyListOf, Shape


def _all(shape: Shape, names: str) -> dict[str, Shape]:
    return dict.fromkeys(names.split(), shape)


_FILE: dict[str, Shape] = {"Name": TEXT, "UID": TEXT, "GID": TEXT, "Mode": WHOLE}
_PRIVILEGES: dict[str, Shape] = {
    "CredentialSpec": _all(TEXT, "Config File Registry"),
    "SELinuxContext": {"Disable": TRUTH, **_all(TEXT, "User Role Type Level")},
    "Seccomp": _all(TEXT, "Mode Profile"),
    "AppArmor": {"Mode": TEXT},
    "NoNewPrivileges": TRUTH,
}
_CONTAINER: dict[str, Shape] = {
    **_all(TEXT, "Image Hostname Dir User StopSignal Isolation"),
    "Labels": TEXT_MAP,
    **_all(TEXTS, "Command Args Env Groups Hosts CapabilityAdd CapabilityDrop"),
    **_all(TRUTH, "TTY OpenStdin ReadOnly Init"),
    "Privileges": _PRIVILEGES,
    "Mounts": KeyListOf(MOUNT),
    "StopGracePeriod": WHOLE,
    "OomScoreAdj": WHOLE,
    "Healthcheck": HEALTH,
    "DNSConfig": _all(TEXTS, "Nameservers Search Options"),
    "Secrets": KeyListOf({"File": _FILE, "SecretID": TEXT, "SecretName": TEXT}),
    "Configs": KeyListOf({"File": _FILE, "Runtime": {}, "ConfigID": TEXT, "ConfigName": TEXT}),
    "Sysctls": TEXT_MAP,
    "Ulimits": KeyListOf({"Name": TEXT, "Hard": WHOLE, "Soft": WHOLE}),
}
_AMOUNTS: dict[str, Shape] = {
    **_all(WHOLE, "NanoCPUs MemoryBytes Pids"),
    "GenericResources": KeyListOf(
        {
            "NamedResourceSpec": _all(TEXT, "Kind Value"),
            "DiscreteResourceSpec": {"Kind": TEXT, "Value": WHOLE},
        }
    ),
}
_NETWORKS: Shape = KeyListOf({"Target": TEXT, "Aliases": TEXTS, "DriverOpts": TEXT_MAP})
_TASK: dict[str, Shape] = {
    "PluginSpec": {},
    "NetworkAttachmentSpec": {},
    "ContainerSpec": _CONTAINER,
    "Resources": {"Limits": _AMOUNTS, "Reservations": _AMOUNTS},
    "RestartPolicy": {"Condition": TEXT, **_all(WHOLE, "Delay MaxAttempts Window")},
    "Placement": {
        "Constraints": TEXTS,
        "Preferences": KeyListOf({"Spread": {"SpreadDescriptor": TEXT}}),
        "MaxReplicas": WHOLE,
        "Platforms": KeyListOf(_all(TEXT, "Architecture OS")),
    },
    "ForceUpdate": WHOLE,
    "Runtime": TEXT,
    "Networks": _NETWORKS,
    "LogDriver": {"Name": TEXT, "Options": TEXT_MAP},
}


_ROLL_OUT: dict[str, Shape] = {
    **_all(WHOLE, "Parallelism Delay Monitor"),
    **_all(TEXT, "FailureAction Order"),
    "MaxFailureRatio": NUMBER,
}

SERVICE: dict[str, Shape] = {
    "Name": TEXT,
    "Labels": TEXT_MAP,
    "TaskTemplate": _TASK,
    "Mode": {
        "Replicated": {"Replicas": WHOLE},
        "Global": {},
        "ReplicatedJob": _all(WHOLE, "MaxConcurrent TotalCompletions"),
        "GlobalJob": {},
    },
    "UpdateConfig": _ROLL_OUT,
    "RollbackConfig": _ROLL_OUT,
    "Networks": _NETWORKS,
    "EndpointSpec": {
        "Mode": TEXT,
        "Ports": KeyListOf({**_all(TEXT, "Name Protocol PublishMode"), **_all(WHOLE, "TargetPort PublishedPort")}),
    },
}
