"""Where the best-known benchmark script answers wrongly, dockworthy is right: each case at a real engine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from spec import Parts, options

from conftest import MakeContainer, Run
from machines.engines import OwnEngine

pytestmark = pytest.mark.engine


@pytest.fixture
def outcome(run_at_engine: Run) -> Any:
    """`outcome("workload/privileged", "container/NAME")`: what one control says of one subject, read again."""

    def ask(control: str, subject: str) -> list[str]:
        findings = _findings(run_at_engine, control)
        return [finding["outcome"] for finding in findings if finding["subject"] == subject]

    return ask


def _findings(run_at_engine: Run, control: str) -> list[dict[str, Any]]:
    result = json.loads(run_at_engine("assess", "--format=json").stdout)
    return [finding for finding in result["findings"] if finding["control"] == control]


def _tight(**parts: tuple[str, ...]) -> tuple[str, ...]:
    changed: Parts = parts
    return options(changed)


@pytest.fixture
def impostor(own_engine: OwnEngine) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the host that is called dockerd, with arguments that would be the worst and the best there are."""
    arguments = ["-H", "tcp://0.0.0.0:2375", "--live-restore", "--log-level=debug", "--icc=false"]
    waiting = "import sys; print('ready', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [
            *own_engine.inside,
            "bash",
            "-c",
            'exec -a dockerd "$0" -c "$1" "${@:2}"',
            sys.executable,
            waiting,
            *arguments,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    yield process
    process.kill()
    process.communicate()


def test_a_process_that_is_only_called_dockerd_is_not_the_engine(
    impostor: subprocess.Popen[bytes], own_engine: OwnEngine, run_at_engine: Run, outcome: Any
) -> None:
    facts = json.loads(run_at_engine("facts").stdout)
    assert facts["host"]["daemon"]["value"]["pid"] == own_engine.pid != impostor.pid
    assert outcome("engine/live-restore", "engine") == ["fail"]
    assert "fail" not in outcome("engine/api-tls", "engine")


@pytest.mark.parametrize("mount", ["/run:/x", "/run:/x:ro", "/var/run:/y", "/:/z:ro", "/var:/v"])
def test_the_socket_is_found_behind_any_mount(mount: str, container: MakeContainer, outcome: Any) -> None:
    name = container(*_tight(more=("-v", mount)))
    socket = outcome("workload/engine-socket", f"container/{name}")
    if mount.startswith("/var:"):  # /var/run is a link that leads out of /var: only the engine's own data is there
        assert "fail" in socket + outcome("workload/host-mounts", f"container/{name}")
    else:
        assert socket == ["fail"]


@pytest.mark.parametrize(
    "control", ["workload/privileged", "workload/capabilities-dropped", "workload/seccomp-set", "workload/proc-mount"]
)
def test_privileged_makes_other_settings_void(control: str, container: MakeContainer, outcome: Any) -> None:
    """All capabilities dropped, a seccomp profile by name: written, and without effect beside `--privileged`."""
    name = container(*_tight(more=("--privileged", "--security-opt", "seccomp=builtin")))
    assert outcome(control, f"container/{name}") == ["fail"]


@pytest.mark.parametrize("user", ["0", "0:0", "00", "root", "root:app", "0:1000"])
def test_root_is_root_however_it_is_written(user: str, container: MakeContainer, outcome: Any) -> None:
    name = container(*_tight(user=("-u", user)))
    assert outcome("workload/run-as-non-root", f"container/{name}") == ["fail"]


@pytest.mark.parametrize("user", ["1000", "1000:0", "app", "65534:65534"])
def test_another_user_is_not_root_however_written(user: str, container: MakeContainer, outcome: Any) -> None:
    name = container(*_tight(user=("-u", user)))
    assert outcome("workload/run-as-non-root", f"container/{name}") == ["pass"]


def test_a_stopped_privileged_container_that_comes_back_is_found(
    container: MakeContainer, own_engine: OwnEngine, outcome: Any
) -> None:
    name = container(*_tight(more=("--privileged",), restart=("--restart", "always")))
    own_engine.docker("stop", "--time", "0", name)
    assert outcome("workload/privileged", f"container/{name}") == ["fail"]


@pytest.mark.parametrize("written", [("--cpu-quota", "50000"), ("--cpus", "0.5")])
def test_cpu_time_is_limited_however_it_is_written(
    written: tuple[str, ...], container: MakeContainer, outcome: Any
) -> None:
    name = container(*_tight(cpu=written))
    assert outcome("workload/cpu-limit", f"container/{name}") == ["pass"]


def test_cpu_shares_are_no_limit(container: MakeContainer, outcome: Any) -> None:
    name = container(*_tight(cpu=("--cpu-shares", "512")))
    assert outcome("workload/cpu-limit", f"container/{name}") == ["fail"]


def test_sshd_in_a_command_line_is_not_an_ssh_server(container: MakeContainer, outcome: Any) -> None:
    name = container(*_tight(), command=("sh", "-c", "sleep 86400; echo /usr/sbin/sshd -D"))
    assert outcome("workload/ssh-server", f"container/{name}") == ["pass"]


def test_an_image_with_many_tags_is_one_subject(own_engine: OwnEngine, busybox_image: str, run_at_engine: Run) -> None:
    tags = [f"dockworthy-test-many-tags:{number}" for number in range(5)]
    for tag in tags:
        own_engine.docker("tag", busybox_image, tag)
    try:
        findings = _findings(run_at_engine, "image/secrets")
    finally:
        own_engine.docker("rmi", *tags)
    subjects = [finding["subject"] for finding in findings]
    assert len(subjects) == len(set(subjects))
    assert len([subject for subject in subjects if "busybox" in subject or "many-tags" in subject]) == 1


def test_what_does_not_apply_is_not_passed(container: MakeContainer, run_at_engine: Run) -> None:
    """No swarm and no user namespaces: their rules are not asked, which is neither good nor bad."""
    name = container(*_tight())
    result = json.loads(run_at_engine("assess", "--format=json").stdout)
    assert [finding for finding in result["findings"] if finding["control"].startswith("cluster/")] == []
    remapped = [
        finding["outcome"]
        for finding in result["findings"]
        if finding["control"] == "workload/user-namespace" and finding["subject"] == f"container/{name}"
    ]
    assert remapped == ["not_applicable"]


def test_the_engine_is_judged_by_todays_releases(own_engine: OwnEngine, run_at_engine: Run) -> None:
    """Never "current" for being newer than a number in a script: it says which release this is, and who mends it."""
    version = own_engine.docker("version", "--format", "{{.Server.Version}}").stdout.decode().strip()
    (finding,) = _findings(run_at_engine, "engine/release")
    assert version in finding["evidence"]["says"]
    assert "distribution" in finding["evidence"]["says"] or finding["outcome"] in ("fail", "unknown")


@pytest.mark.parametrize("policy", ["unless-stopped", "always", "on-failure", "on-failure:5"])
def test_every_policy_that_brings_a_container_back_is_good(policy: str, container: MakeContainer, outcome: Any) -> None:
    name = container(*_tight(restart=("--restart", policy)))
    assert outcome("workload/restart-policy", f"container/{name}") == ["pass"]


def test_a_link_to_the_socket_is_followed(
    container: MakeContainer, own_engine: OwnEngine, tmp_path: Path, outcome: Any
) -> None:
    link = tmp_path / "innocent"
    link.symlink_to(own_engine.endpoint.removeprefix("unix://"))
    name = container(*_tight(more=("-v", f"{link}:/innocent")))
    assert outcome("workload/engine-socket", f"container/{name}") == ["fail"]
