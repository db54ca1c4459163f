"""What can't be proven: said in a sentence, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dockworthy.cli.run import run
from fix_verify.conftest import Fix, folders_left, left_in
from fix_verify.test_cut_off import TIGHT, TOKEN
from machines.engines import OwnEngine
from machines.images import BUSYBOX

OTHER = "another file"
FILE = "services: {web: {image: shop}}\n"


@pytest.mark.engine
@pytest.mark.timeout(200)
def test_a_service_that_does_not_come_up(own_engine: OwnEngine, busybox_image: str, fix: Fix, tmp_path: Path) -> None:
    text = f"""\
services:
  app:
    image: {busybox_image}
    command: ["sh", "-c", "echo I am $$TOKEN; echo the queue can not be reached; exit 3"]
    environment: {{TOKEN: {TOKEN}}}
"""
    file = tmp_path / "compose.yaml"
    file.write_text(text)
    done = fix("--verify", "--hand-in", "TOKEN", str(file))
    assert done.returncode == 16, done.stdout + done.stderr
    assert "app does not come up" in done.stderr and "it ends with status 3" in done.stderr
    assert "  the queue can not be reached" in done.stderr and "I am" in done.stderr and TOKEN not in done.stderr
    assert file.read_text() == text and done.stdout == ""
    assert left_in(own_engine) == {} and folders_left(tmp_path) == []


@pytest.mark.engine
@pytest.mark.timeout(200)
def test_limits_stand_where_the_file_has_limits(busybox_image: str, fix: Fix, tmp_path: Path) -> None:
    """Compose 2.26 refuses `pids_limit` beside `deploy.resources.limits` that says nothing of processes."""
    tight = "".join(
        line for line in TIGHT.splitlines(keepends=True) if not line.strip().startswith(("pids", "cpus", "mem"))
    )
    file = tmp_path / "compose.yaml"
    file.write_text(f"""\
services:
  app:
    image: {busybox_image}
    command: sleep 600
{tight}\
    deploy:
      resources:
        limits:
          memory: 64M
""")
    done = fix("--verify", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    service = YAML(typ="safe").load(file)["services"]["app"]
    assert service["deploy"]["resources"]["limits"] == {"memory": "64M", "cpus": "0.5", "pids": 64}
    assert not {"pids_limit", "cpus", "mem_limit"} & service.keys()


@pytest.mark.engine
@pytest.mark.parametrize(
    ("text", "options", "status", "says"),
    [
        ("services: {web: {image: not-here:1}}\n", (), 2, "web needs not-here:1"),
        (f"services: {{web: {{image: {BUSYBOX}}}}}\n", ("--probe", "http://localhost:x/"), 2, "no number"),
        (f"services: {{a: {{image: {BUSYBOX}}}, b: {{image: {BUSYBOX}}}}}\n", ("--probe", "true"), 2, "which service"),
        (f"services: {{web: {{image: {BUSYBOX}, depends_on: [x]}}}}\n", (), 2, "Compose would refuse this file"),
        (f"services: {{web: {{image: {BUSYBOX}, profiles: [p]}}}}\n", (), 2, "COMPOSE_PROFILES"),
        ("services: {web: {image: shop\n", (), 2, "compose.yaml:"),
        ("services: {web: {image: shop}}\n", (OTHER,), 2, "one Compose file at a time"),
    ],
)
def test_bad_input(
    own_engine: OwnEngine, busybox_image: str, fix: Fix, tmp_path: Path,
    text: str, options: tuple[str, ...], status: int, says: str,
) -> None:  # fmt: skip
    file = tmp_path / "compose.yaml"
    file.write_text(text)
    if OTHER in options:
        other = tmp_path / "other.yaml"
        other.write_text(text)
        options = (str(other),)
    done = fix("--verify", *options, str(file))
    assert (done.returncode, "Traceback" in done.stderr, done.stdout) == (status, False, ""), done.stderr
    assert says in done.stderr
    assert file.read_text() == text and left_in(own_engine) == {}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--probe", "true"), "--probe goes with --verify"),
        (("--hand-in", "X"), "--hand-in goes with --verify"),
        (("--pull",), "--pull goes with --verify"),
        (("--verify", "--all"), "exclude each other"),
        (("--verify", "--control", "privileged"), "exclude each other"),
        (("--verify", "-"), "name the file"),
        (("--verify", "--host", "ssh://shop"), "unix://"),
        (("--verify", "--host", "unix:///nowhere.sock"), "nowhere.sock"),
    ],
)
def test_options_that_do_not_go_together(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    for name in ("compose.yaml", "other.yaml"):
        (tmp_path / name).write_text(FILE)
    assert run(["fix", *options, "compose.yaml"]) in (2, 10)
    out, err = capsys.readouterr()
    assert says in err and out == ""
    assert (tmp_path / "compose.yaml").read_text() == FILE
