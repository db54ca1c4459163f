"""Each setting of the engine on a real one: wrong before, right after, byte for byte as before when undone."""

from __future__ import annotations

import json

import pytest

from machines.own_host import OwnHost

from .conftest import apply, outcomes, plan_of

pytestmark = pytest.mark.engine

WRONG = """{
  "debug": true,
  "experimental": true, "metrics-addr": "0.0.0.0:9324",
  "seccomp-profile": "unconfined",
  "default-ipc-mode": "shareable",
  "ip6tables": false,
  "iptables": false,
  "default-ulimits": {"memlock": {"Name": "memlock", "Soft": -1, "Hard": -1}},
  "log-driver": "json-file",
  "dns-opts": ["ndots:1"]
}
"""
MENDED = (
    "default-namespaces", "default-seccomp", "experimental", "firewall-rules", "log-level", "log-rotation",
    "metrics-address", "no-new-privileges", "userland-proxy", "live-restore", "address-pools", "icc",
)  # fmt: skip


def test_every_setting(host: OwnHost) -> None:
    host.start_engine(WRONG)
    before = outcomes(host)
    assert {name: before[f"engine/{name}"] for name in MENDED} == dict.fromkeys(MENDED, "fail")
    ids = [f"engine/{name}" for name in MENDED]
    apply(host, *ids)
    after = outcomes(host)
    assert {name: after[f"engine/{name}"] for name in MENDED} == dict.fromkeys(MENDED, "pass")
    settings = json.loads(host.read("/etc/docker/daemon.json"))
    assert settings["dns-opts"] == ["ndots:1"], "what nobody complained of stays"
    assert settings["metrics-addr"] == "127.0.0.1:9324"
    assert settings["default-ulimits"] == {"memlock": {"Name": "memlock", "Soft": -1, "Hard": -1}}
    again = host.dockworthy("harden", "--apply", "--yes", *(word for id in ids for word in ("--only", id)))
    assert again.returncode == 0 and "Nothing to do" in again.stdout, "the second run changes nothing"
    assert host.dockworthy("harden", "--undo").returncode == 0
    assert host.read("/etc/docker/daemon.json") == WRONG
    assert outcomes(host) == before


def test_a_default_runtime_is_replaced_by_a_reload(host: OwnHost) -> None:
    before = json.dumps({"runtimes": {"nvidia": {"path": "/usr/bin/runc"}}, "default-runtime": "nvidia"})
    host.start_engine(before)
    assert outcomes(host)["engine/default-runtime"] == "fail"
    apply(host, "engine/default-runtime")
    assert host.docker("info", "-f", "{{.DefaultRuntime}}").stdout.decode().strip() == "runc"
    assert json.loads(host.read("/etc/docker/daemon.json"))["runtimes"] == {"nvidia": {"path": "/usr/bin/runc"}}
    assert host.dockworthy("harden", "--undo").returncode == 0
    assert host.read("/etc/docker/daemon.json") == before
    assert host.docker("info", "-f", "{{.DefaultRuntime}}").stdout.decode().strip() == "nvidia"


def test_address_pools_avoid_the_routes_of_the_host(host: OwnHost) -> None:
    host.start_engine("{}")
    host.run("ip", "link", "add", "vpn0", "type", "bridge")
    host.run("ip", "link", "set", "vpn0", "up")
    host.run("ip", "route", "add", "10.200.4.0/24", "dev", "vpn0", "table", "51")
    host.docker("network", "create", "--subnet", "10.201.0.0/24", "shop")
    (step,) = plan_of(host, "--only", "engine/address-pools")["steps"]
    assert '"base": "10.202.0.0/16"' in step["diff"]
    apply(host, "engine/address-pools")
    host.docker("network", "create", "other")
    subnet = host.docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", "other").stdout.decode()
    assert subnet.startswith("10.202.")


def test_user_namespaces_only_by_name_and_on_an_idle_engine(host: OwnHost) -> None:
    host.start_engine("{}")
    image = host.load_busybox()
    left = {entry["id"]: entry["instead"] for entry in plan_of(host)["not_done"]}
    assert "--only engine/user-namespaces" in left["engine/user-namespaces"]
    host.docker("run", "-d", "--name", "web", image, "sleep", "3600")
    plan = plan_of(host, "--only", "engine/user-namespaces")
    assert not plan["steps"] and "web" in plan["not_done"][0]["why"]
    host.docker("kill", "web")
    (step,) = plan_of(host, "--only", "engine/user-namespaces")["steps"]
    assert "1 containers, 1 images" in " ".join(step["disturbs"])
    apply(host, "engine/user-namespaces")
    assert outcomes(host)["engine/user-namespaces"] == "pass"
    assert not host.docker("images", "-q").stdout
    assert host.dockworthy("harden", "--undo").returncode == 0
    assert host.docker("images", "-q").stdout, "what was there is seen again"


def test_what_somebody_wrote_and_did_not_load_is_announced(host: OwnHost) -> None:
    host.start_engine("{}")
    host.write("/etc/docker/daemon.json", '{"log-driver": "local"}')
    plan = plan_of(host, "--only", "engine/no-new-privileges")
    assert not plan["steps"] and "(so waits: log-driver" in plan["not_done"][0]["why"]
    plan = plan_of(host, "--only", "engine/no-new-privileges", "--force")
    assert any("did not load: log-driver" in says for says in plan["disturbs"])
    assert any("somebody changed /etc/docker/daemon.json" in says for says in plan["disturbs"])
