"""Settings of the engine: what runs, what is written, and the difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import examples
from dockworthy.controls.examples import both, engine_says, known, on_host
from dockworthy.controls.registry import all_controls
from dockworthy.model.finding import Judgement, Outcome

PROGRAM = "/usr/bin/dockerd"


def judge(control: str, snapshot: dict[str, Any], folder: Path) -> Judgement:
    (judgement,) = examples.judgements(all_controls()[control], "snapshot", snapshot, folder)
    return judgement


def daemon(*flags: str, **facts: Any) -> dict[str, Any]:
    return on_host(daemon={"pid": 7, "argv": [PROGRAM, *flags], "executable": PROGRAM, **facts})


def test_a_good_setting_that_is_written_and_not_loaded_is_pending(tmp_path: Path) -> None:
    snapshot = both(engine_says(LiveRestoreEnabled=False), on_host(daemon_json={"live-restore": True}))
    judgement = judge("engine/live-restore", snapshot, tmp_path)
    assert judgement.outcome is Outcome.PENDING
    assert judgement.evidence[0].source is not None
    assert judgement.evidence[0].source.where == "example"


def test_a_good_setting_that_the_next_restart_ends_fails(tmp_path: Path) -> None:
    snapshot = both(engine_says(LiveRestoreEnabled=True), on_host(daemon_json={"live-restore": False}))
    judgement = judge("engine/live-restore", snapshot, tmp_path)
    assert judgement.outcome is Outcome.FAIL
    assert "next restart" in judgement.evidence[0].says


def test_a_rule_that_does_not_apply_is_not_passed(tmp_path: Path) -> None:
    swarm = engine_says(LiveRestoreEnabled=False, Swarm={"LocalNodeState": "active"})
    assert judge("engine/live-restore", swarm, tmp_path).outcome is Outcome.NOT_APPLICABLE
    assert judge("engine/api-tls", {}, tmp_path).outcome is Outcome.NOT_APPLICABLE
    assert judge("engine/metrics-address", {}, tmp_path).outcome is Outcome.NOT_APPLICABLE
    assert judge("engine/base-device-size", {}, tmp_path).outcome is Outcome.NOT_APPLICABLE
    none = {"engine": {"networks": []}}
    assert judge("engine/icc", none, tmp_path).outcome is Outcome.NOT_APPLICABLE


def test_swarm_ports_are_not_the_api(tmp_path: Path) -> None:
    listening = daemon(listens=["tcp://[::]:2377", "tcp://[::]:7946"])
    in_swarm = both(engine_says(Swarm={"LocalNodeState": "active"}), listening)
    assert judge("engine/api-tls", in_swarm, tmp_path).outcome is Outcome.NOT_APPLICABLE
    alone = both(engine_says(Swarm={"LocalNodeState": "inactive"}), listening)
    assert judge("engine/api-tls", alone, tmp_path).outcome is Outcome.FAIL


def test_the_metrics_port_is_not_the_api(tmp_path: Path) -> None:
    metrics = both(
        daemon("--metrics-addr=127.0.0.1:9323", listens=["tcp://127.0.0.1:9323"]), engine_says(Name="example")
    )
    assert judge("engine/api-tls", metrics, tmp_path).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("flags", "outcome"),
    [
        (("-H", "tcp://0.0.0.0:2375"), Outcome.FAIL),
        (("-H", "tcp://127.0.0.1:2375"), Outcome.FAIL),
        (("-H", "tcp://0.0.0.0:2376", "--tls"), Outcome.FAIL),
        (("-H", "tcp://0.0.0.0:2376", "--tlsverify=false"), Outcome.FAIL),
        (("-H", "tcp://0.0.0.0:2376", "--tlsverify"), Outcome.PASS),
    ],
)
def test_tcp_without_client_certificates(flags: tuple[str, ...], outcome: Outcome, tmp_path: Path) -> None:
    assert judge("engine/api-tls", daemon(*flags), tmp_path).outcome is outcome


def test_a_port_that_systemd_handed_over_is_found(tmp_path: Path) -> None:
    """docker.socket with ListenStream=2375: neither daemon.json nor the command line names it."""
    handed = daemon("-H", "fd://", listens=["unix:///run/docker.sock", "tcp://[::]:2375"])
    judgement = judge("engine/api-tls", handed, tmp_path)
    assert judgement.outcome is Outcome.FAIL
    assert "tcp://[::]:2375" in judgement.evidence[0].says


def test_the_famous_conflict_of_hosts_is_found_before_the_reboot(tmp_path: Path) -> None:
    snapshot = both(daemon("-H", "fd://"), on_host(daemon_json={"hosts": ["unix:///var/run/docker.sock"]}))
    judgement = judge("engine/settings-accepted", snapshot, tmp_path)
    assert judgement.outcome is Outcome.FAIL
    assert "hosts" in judgement.evidence[0].says


def test_storage_behind_a_containerd_snapshotter_is_judged_by_the_disk(tmp_path: Path) -> None:
    snapshotter = engine_says(Driver="overlayfs", DriverStatus=[["driver-type", "io.containerd.snapshotter.v1"]])
    assert judge("engine/storage-driver", snapshotter, tmp_path).outcome is Outcome.PASS
    xfs = both(snapshotter, {"host": {"storage": {"fstype": "xfs", "ftype": False}}})
    assert judge("engine/storage-driver", xfs, tmp_path).outcome is Outcome.FAIL


def test_a_collector_must_run_and_be_connected_to_somewhere(tmp_path: Path) -> None:
    def collector(*, running: bool, connected: bool = False) -> Outcome:
        state = {"Status": "running" if running else "exited", "Running": running}
        inspect = {"Config": {"Image": "registry.example.com/fluent-bit:3"}, "State": state}
        to = {"tool": "Fluent Bit", "who": "container/logs", "to": "192.0.2.9:24224"}
        lists = {"running": known([]), "connections": known([to] if connected else [])}
        snapshot = {"engine": {"containers": [{"name": "logs", "inspect": inspect}]}, "evidence": lists}
        return judge("engine/log-destination", snapshot, tmp_path).outcome

    assert collector(running=True, connected=True) is Outcome.PASS
    assert collector(running=True) is Outcome.UNKNOWN
    assert collector(running=False) is Outcome.FAIL
