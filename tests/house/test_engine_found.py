"""`./run` installs an engine only where none of any kind is: what counts as one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from patience import patience

ROOT = Path(__file__).parents[2]


def shell(text: str, root: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs `text` after the pieces that `run` is made of, with `root` in the place of `/`."""
    pieces = "; ".join(
        f"source {ROOT}/setup/{piece}.sh" for piece in ("say", "packages", "python", "engine_found", "engine")
    )
    return subprocess.run(
        ["bash", "-uc", f"{pieces}; {text}"],
        env={"PATH": f"{root}/fakes:{os.environ['PATH']}", "SETUP_ROOT": str(root), **env},
        capture_output=True,
        text=True,
        timeout=patience(60),
    )


def fake(root: Path, program: str, script: str) -> None:
    """A program that is found before the machine's own."""
    path = root / "fakes" / program
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A machine without any engine: no package, no file."""
    fake(tmp_path, "dpkg-query", "exit 1")
    return tmp_path


def test_nothing_is_found_on_a_bare_machine(bare: Path) -> None:
    (bare / "var/lib/docker/containers").mkdir(parents=True)  # an empty folder is no engine
    found = shell("engine_found", bare)
    assert (found.returncode, found.stdout) == (1, "")


@pytest.mark.parametrize(
    "path",
    [
        "usr/bin/dockerd",
        "usr/local/bin/dockerd",
        "opt/bin/containerd",
        "usr/bin/podman",
        "usr/local/bin/nerdctl",
        "usr/local/bin/k3s",
        "snap/bin/microk8s",
        "home/joe/bin/dockerd",
        "home/joe/bin/dockerd-rootless.sh",
    ],
)
def test_a_program_of_an_engine_is_found(path: str, bare: Path) -> None:
    program = bare / path
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    found = shell("engine_found", bare)
    assert (found.returncode, found.stdout) == (0, f"the program /{path}\n")


@pytest.mark.parametrize(
    "path",
    [
        "snap/docker",
        "var/lib/snapd/snaps/docker_2915.snap",
        "etc/systemd/system/docker.service",
        "run/docker.sock",
        "run/podman/podman.sock",
        "run/user/1000/docker.sock",
        "home/joe/.config/systemd/user/docker.service",
    ],
)
def test_a_trace_of_an_engine_is_found(path: str, bare: Path) -> None:
    (bare / path).parent.mkdir(parents=True)
    (bare / path).touch()
    found = shell("engine_found", bare)
    assert (found.returncode, found.stdout) == (0, f"/{path}\n")


def test_containers_of_an_engine_that_is_gone_are_found(bare: Path) -> None:
    """A new engine would start them again."""
    (bare / "var/lib/docker/containers/abc").mkdir(parents=True)
    assert "earlier engine" in shell("engine_found", bare).stdout


def test_an_engine_elsewhere_is_found(bare: Path) -> None:
    assert "ssh://build" in shell("engine_found", bare, DOCKER_HOST="ssh://build").stdout


@pytest.mark.parametrize("state", ["installed", "half-configured", "unpacked", "triggers-pending"])
def test_a_package_in_any_state_is_found(state: str, bare: Path) -> None:
    fake(bare, "dpkg-query", f"echo '{state} docker-ce'; echo 'not-installed podman'; exit 1")
    assert shell("engine_found", bare).stdout == "installed as a package: docker-ce\n"


def test_a_package_that_was_removed_is_none(bare: Path) -> None:
    fake(bare, "dpkg-query", "echo 'config-files docker.io'; echo 'not-installed podman'")
    assert shell("engine_found", bare).returncode == 1


def policies(root: Path, versions: dict[str, str]) -> None:
    """An apt that knows just these packages."""
    cases = "\n".join(f"{name}) echo '{name}:'; echo '  Candidate: {version}';;" for name, version in versions.items())
    fake(root, "apt-cache", f'case "$2" in\n{cases}\nesac')


DEBIAN_13 = {"docker.io": "26.1.5", "docker-cli": "26.1.5", "docker-buildx": "0.13.1", "docker-compose": "2.26.1"}
DEBIAN_12 = {"docker.io": "20.10.24", "docker-compose": "1.29.2"}
UBUNTU = {"docker.io": "27.5", "docker-buildx": "0.20", "docker-compose-v2": "2.33", "docker-compose": "1.29.2"}


@pytest.mark.parametrize(
    ("known", "names"),
    [
        (DEBIAN_13, ["docker.io", "docker-cli", "docker-buildx", "iptables", "docker-compose"]),
        (DEBIAN_12, ["docker.io", "iptables"]),
        (UBUNTU, ["docker.io", "docker-buildx", "iptables", "docker-compose-v2"]),
    ],
    ids=["debian-13", "debian-12", "ubuntu"],
)
def test_the_distributions_own_names(known: dict[str, str], names: list[str], bare: Path) -> None:
    policies(bare, known | {"iptables": "1.8"})
    assert shell("engine_packages", bare).stdout.split() == names


def test_no_engine_in_the_package_lists(bare: Path) -> None:
    policies(bare, {"docker-buildx": "0.13.1", "docker.io": "(none)"})
    assert shell("engine_packages", bare).stdout == ""


@pytest.mark.parametrize(
    ("known", "names"),
    [
        ({"python3": "3.13.5-1"}, ["python3", "python3-venv"]),
        ({"python3": "3.10.6", "python3.11": "3.11.0"}, ["python3.11", "python3.11-venv"]),
        ({"python3": "3.9.2"}, []),
    ],
)
def test_which_python_apt_brings(known: dict[str, str], names: list[str], bare: Path) -> None:
    policies(bare, known)
    assert shell("python_packages", bare).stdout.split() == names


def test_an_interrupted_dpkg_of_someone_else_is_left_to_them(bare: Path) -> None:
    fake(bare, "dpkg", "echo 'something is half configured'")
    answered = shell("finish_what_was_killed", bare)
    assert answered.returncode == 1
    assert "dpkg --configure -a" in answered.stderr
