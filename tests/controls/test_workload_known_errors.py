"""Cases in which well-known scripts are wrong: they look at flags, at names, or at nothing."""

from __future__ import annotations

from typing import Any

import pytest
from judged import failing, findings, findings_at

from dockworthy.controls.programs import process
from dockworthy.model.finding import Outcome

PRIVILEGED = {"HostConfig": {"Privileged": True}}


def test_privileged_voids_what_else_is_written() -> None:
    found = findings("container", PRIVILEGED)
    assert {"privileged", "capabilities-dropped", "seccomp-set", "proc-mount"} <= failing(found)
    for control in ("host-devices", "device-rules", "devices"):
        assert found[control].outcome is Outcome.NOT_APPLICABLE  # never "no device was handed to it"


def test_a_stopped_privileged_container_is_judged() -> None:
    stopped = {
        "HostConfig": {"Privileged": True, "RestartPolicy": {"Name": "always"}},
        "State": {"Status": "exited", "Running": False, "ExitCode": 0},
    }
    assert "privileged" in failing(findings("container", stopped))


@pytest.mark.parametrize("user", ["0:0", "0", "root", "", "00"])
def test_root_by_any_name(user: str) -> None:
    assert "run-as-non-root" in failing(findings("container", {"Config": {"User": user}}))


@pytest.mark.parametrize("user", ["1000", "1000:0", "2000000"])
def test_a_number_is_a_user(user: str) -> None:
    assert findings("container", {"Config": {"User": user}})["run-as-non-root"].outcome is Outcome.PASS


def test_a_quota_is_a_limit_and_shares_are_none() -> None:
    quota = {"HostConfig": {"NanoCpus": 0, "CpuQuota": 50_000, "CpuPeriod": 100_000}}
    shares = {"HostConfig": {"NanoCpus": 0, "CpuShares": 512}}
    assert findings("container", quota)["cpu-limit"].outcome is Outcome.PASS
    assert "cpu-limit" in failing(findings("container", shares))


def test_sshd_in_a_command_line_is_no_server() -> None:
    talks_of_it = {
        "inspect": {"Path": "/shop", "Args": ["grep", "sshd"], "Name": "/sshd-metrics"},
        "processes": [process(4242, "shop"), process(4243, "grep", parent=4242)],
    }
    assert findings("running", talks_of_it)["ssh-server"].outcome is Outcome.PASS
    is_it = {"processes": [process(4242, "shop"), process(4243, "sshd", parent=4242)]}
    assert "ssh-server" in failing(findings("running", is_it))


@pytest.mark.parametrize("policy", ["always", "unless-stopped", "on-failure"])
def test_every_policy_that_brings_it_back_is_good(policy: str) -> None:
    found = findings("container", {"HostConfig": {"RestartPolicy": {"Name": policy, "MaximumRetryCount": 0}}})
    assert found["restart-policy"].outcome is Outcome.PASS
    assert ("cis-docker", "5.15") in {(r.benchmark, r.id) for r in found["restart-policy"].references}


def test_a_rule_that_does_not_apply_is_not_passed() -> None:
    found = findings("container", {})
    for control in ("user-namespace", "ulimits", "data-volume", "selinux"):
        assert found[control].outcome is Outcome.NOT_APPLICABLE


def test_the_engines_default_cgroup_namespace_is_no_fault_of_the_container() -> None:
    containers = [{"inspect": {"HostConfig": {"CgroupnsMode": "host"}}}]
    old = {"SecurityOptions": ["name=seccomp,profile=builtin"], "CgroupVersion": "1"}
    assert findings_at({"containers": containers, "info": old})["cgroup-namespace"].outcome is Outcome.NOT_APPLICABLE
    assert "cgroup-namespace" in failing(findings_at({"containers": containers}))


@pytest.mark.parametrize(
    ("device", "control"),
    [
        ("/dev/sda1", "host-devices"),
        ("/dev/nvme0n1", "host-devices"),
        ("/dev/mem", "host-devices"),
        ("/dev", "host-devices"),
        ("/dev/snd", "devices"),
        ("/dev/net/tun", "devices"),
        ("/dev/bus/usb/001/002", "devices"),
        ("/dev/random", ""),
        ("/dev/zero", ""),
    ],
)
def test_devices_by_what_they_give(device: str, control: str) -> None:
    said: dict[str, Any] = {"HostConfig": {"Devices": [{"PathOnHost": device, "PathInContainer": "/dev/x"}]}}
    assert failing(findings("container", said)) == ({control} if control else set())
