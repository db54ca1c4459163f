"""The whole way, as a person runs it: a backup and a Prometheus are recognised, and no longer once they are stopped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from facts.host.host_trees import Tree, debian

from .host_files import age, restic, timer
from .test_monitoring import needs_prometheus, running, until

NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}


def finding(run: Run, tree: Tree, control: str) -> tuple[str, str]:
    """(outcome, what it says) of a control on the host below a folder."""
    done = run("assess", "--root", str(tree.folder), "--format=json", env=NO_ENGINE)
    assert done.returncode in (1, 3), done.stderr
    (found,) = (one for one in json.loads(done.stdout)["findings"] if one["control"] == control)
    return found["outcome"], found["evidence"]["says"]


@pytest.mark.program
@pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed")
def test_a_timer_and_its_repository(tmp_path: Path, run_dockworthy: Run) -> None:
    tree = debian(Tree(tmp_path))
    control = "machine/backup-recent"
    outcome, says = finding(run_dockworthy, tree, control)
    assert outcome == "unknown" and says.startswith("unknown; looked for")

    timer(tree, "backup", "ExecStart=/usr/bin/restic -r /srv/restic backup /srv/data\n")
    restic(tree.path("/srv/restic"), "init")
    restic(tree.path("/srv/restic"), "backup", str(tree.path("/etc/os-release")))
    outcome, says = finding(run_dockworthy, tree, control)
    assert outcome == "pass" and "/srv/restic" in says
    assert finding(run_dockworthy, tree, "machine/backup-elsewhere")[0] == "fail", "it lies on the only disk"
    assert finding(run_dockworthy, tree, "machine/restore-proven")[0] == "unknown", "nobody restored it"

    age(tree, "/srv/restic", days=21)
    outcome, says = finding(run_dockworthy, tree, control)
    assert outcome == "fail" and "21 days ago" in says

    shutil.rmtree(tree.path("/srv/restic"))
    assert finding(run_dockworthy, tree, control)[0] == "fail"
    tree.path("/etc/systemd/system/backup.timer").unlink()
    tree.path("/etc/systemd/system/timers.target.wants/backup.timer").unlink()
    assert finding(run_dockworthy, tree, control)[0] == "unknown"


@pytest.mark.program
@needs_prometheus
def test_a_prometheus_of_this_host(tmp_path: Path, run_dockworthy: Run, unused_tcp_port: int) -> None:
    def answers() -> list[dict[str, Any]]:
        facts = json.loads(run_dockworthy("facts", env=NO_ENGINE).stdout)["evidence"]["answers"]["value"]
        return [one for one in facts if one["address"] == f"http://127.0.0.1:{unused_tcp_port}"]

    own = {"job_name": "own", "static_configs": [{"targets": [f"localhost:{unused_tcp_port}"]}]}
    settings = {"global": {"scrape_interval": "1s"}, "scrape_configs": [own]}
    (tmp_path / "prometheus.yml").write_text(json.dumps(settings))
    command = (
        "prometheus",
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{unused_tcp_port}",
    )
    with running(tmp_path, *command):
        (answer,) = until(lambda: [one for one in answers() if not one.get("problem") and one.get("targets")])
        assert (answer["tool"], answer["who"]) == ("Prometheus", "prometheus")
    assert answers() == []
