"""Remedies of the engine's controls, followed to the letter on a real engine: afterwards the finding is gone."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from dockworthy.controls.registry import all_controls
from machines.own_host import OwnHost

from .conftest import findings, two_containers

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

RELOADED: dict[str, dict[str, Any]] = {
    "engine/default-runtime": {"default-runtime": "mine"},
    "engine/insecure-registries": {"insecure-registries": ["registry.example.com:5000"]},
    "engine/live-restore": {},
}
"""Control -> settings by which it does not pass. Their remedies say `systemctl reload docker`: a SIGHUP."""

RESTARTED: dict[str, dict[str, Any]] = {
    "engine/address-pools": {},
    "engine/default-namespaces": {"default-ipc-mode": "shareable"},
    "engine/default-seccomp": {"seccomp-profile": "unconfined"},
    "engine/experimental": {"experimental": True},
    "engine/firewall-rules": {"iptables": False},
    "engine/icc": {},
    "engine/log-level": {"debug": True, "log-level": "debug"},
    "engine/log-rotation": {},
    "engine/metrics-address": {"metrics-addr": "0.0.0.0:9323"},
    "engine/no-new-privileges": {},
    "engine/userland-proxy": {},
}
_MINE = {"runtimes": {"mine": {"path": "/usr/sbin/runc"}}}


def followed(settings: dict[str, Any], control: str) -> dict[str, Any]:
    """daemon.json as it is when somebody did what the remedy says: `Remove`, then what stands in it as settings."""
    remedy = all_controls()[control].remedy
    assert remedy is not None
    removed = re.findall(r"Remove `\"?([a-z-]+)", remedy.says)
    kept = {name: value for name, value in settings.items() if name not in removed}
    for span in re.findall(r"`(\"[^`]+)`", remedy.says):
        setting = json.loads(f"{{{span}}}")
        kept |= {} if set(setting) & set(removed) else setting
    return kept


def judged(host: OwnHost, *controls: str) -> dict[str, str]:
    return {each["control"]: each["outcome"] for each in findings(host) if each["control"] in controls}


def test_what_a_reload_is_said_to_be_enough_for(host: OwnHost) -> None:
    bad: dict[str, Any] = dict(_MINE)
    for settings in RELOADED.values():
        bad |= settings
    host.start_engine(bad)
    assert "pass" not in judged(host, *RELOADED).values()
    good = bad
    for control in RELOADED:
        remedy = all_controls()[control].remedy
        assert remedy is not None and remedy.command == "systemctl reload docker"
        good = followed(good, control)
    host.write("/etc/docker/daemon.json", json.dumps(good))
    host.run("sh", "-c", 'kill -HUP "$(cat /run/docker.pid)"')
    host.wait(lambda: set(judged(host, *RELOADED).values()) == {"pass"}, "all of them pass")


def test_what_takes_a_restart(host: OwnHost) -> None:
    bad: dict[str, Any] = {}
    for settings in RESTARTED.values():
        bad |= settings
    host.start_engine(bad)
    assert set(judged(host, *RESTARTED).values()) == {"fail"}
    good = bad
    for control in RESTARTED:
        good = followed(good, control)
    restart(host, good)
    assert {control: outcome for control, outcome in judged(host, *RESTARTED).items() if outcome != "pass"} == {}


def test_the_default_bridge_is_changed_while_no_container_runs(host: OwnHost) -> None:
    """As the remedy of engine/icc says: with live-restore a restart alone changes nothing."""
    host.start_engine({"live-restore": True})
    two_containers(host)
    good = followed({"live-restore": True}, "engine/icc")
    restart(host, good)
    assert judged(host, "engine/icc") == {"engine/icc": "pending"}
    host.docker("stop", "-t", "1", "web", "worker")
    restart(host, good)
    host.docker("start", "web", "worker")
    assert judged(host, "engine/icc") == {"engine/icc": "pass"}


def restart(host: OwnHost, settings: dict[str, Any]) -> None:
    host.run("dockerd", "--validate", "--config-file", "/dev/stdin", input=json.dumps(settings).encode())
    host.run("sh", "-c", 'kill -TERM "$(cat /run/docker.pid)"')
    host.wait(lambda: host.run("test", "-e", "/run/docker.pid", check=False).returncode != 0, "the engine has ended")
    host.start_engine(settings)
