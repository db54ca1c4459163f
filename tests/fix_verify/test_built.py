"""A project in several files, of which one service is built: its image is made for the proof, and gone afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fix_verify.conftest import Fix, folders_left, left_in
from machines.engines import OwnEngine

KEY = "sk-live-4f9d22aa91bc77"


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_built_and_included(own_engine: OwnEngine, busybox_image: str, fix: Fix, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {busybox_image}\nCOPY web.env /page\n")
    (tmp_path / "web.env").write_text(f"API_KEY={KEY}\n")
    other = f"services:\n  cache:\n    image: {busybox_image}\n    command: httpd -f -p 6379\n"
    (tmp_path / "other.yaml").write_text(other)
    file = tmp_path / "compose.yaml"
    file.write_text("""\
include: [other.yaml]
services:
  web:
    build: .
    command: ["sh", "-c", "echo my key is $$API_KEY; exec httpd -f -p 8080"]
    env_file: [web.env]
    depends_on: [cache]
    configs: [{source: settings, target: /etc/settings}] # Compose writes it into the root file system
configs:
  settings: {content: "on"}
""")
    done = fix("--verify", "--probe", "web=nc -z cache 6379 </dev/null || nc cache 6379 </dev/null", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr
    web = YAML(typ="safe").load(file)["services"]["web"]
    assert web["cap_drop"] == ["ALL"] and web["user"] == "1000:1000"
    assert "read_only" not in web and "read-only" in done.stdout, "Compose can't put the config in: refused, and said"
    assert (tmp_path / "other.yaml").read_text() == other
    assert left_in(own_engine) == {} and folders_left(tmp_path) == []
