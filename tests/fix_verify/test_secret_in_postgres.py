"""A password that was moved into a file: Compose takes the file, and a real PostgreSQL reads it, with old data too."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fix_verify.conftest import Fix
from fix_verify.test_shop import wait_until
from machines.engines import OwnEngine

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

IMAGE = "postgres:dockworthy-test-secret"
PROJECT = "dockworthy-test-secret"
PASSWORD = "correct-horse-9-battery"
FILE = f"""\
name: {PROJECT}
services:
  db:
    image: {IMAGE} # reads POSTGRES_PASSWORD_FILE as the official one does
    environment:
      POSTGRES_PASSWORD: {PASSWORD}
    stop_grace_period: 1s
    volumes:
      - data:/var/lib/postgresql/data
volumes:
  data:
"""
START = (
    'if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then read -r POSTGRES_PASSWORD <"$POSTGRES_PASSWORD_FILE" || true; '
    "export POSTGRES_PASSWORD; fi; exec shop-database"
)


@pytest.fixture
def project(own_engine: OwnEngine, shop_image: str, tmp_path: Path) -> Iterator[Path]:
    recipe = f"FROM {shop_image}\nENTRYPOINT {json.dumps(['sh', '-c', START])}\n"
    own_engine.docker("build", "--tag", IMAGE, "-", input=recipe.encode())
    folder = tmp_path / "db"
    folder.mkdir()
    file = folder / "compose.yaml"
    file.write_text(FILE)
    yield file
    compose(own_engine, file, "down", "--volumes", "--timeout", "0")
    own_engine.docker("image", "rm", "--force", IMAGE)


def test_database_goes_on_with_the_password_from_the_file(own_engine: OwnEngine, project: Path, fix: Fix) -> None:
    up(own_engine, project)
    assert PASSWORD in environment(own_engine)
    done = fix("--all", "--control", "environment-secrets", str(project))
    assert done.returncode == 0, done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr + project.read_text()

    compose(own_engine, project, "config", "--quiet")
    up(own_engine, project)
    assert PASSWORD not in environment(own_engine)
    compose(own_engine, project, "down", "--volumes", "--timeout", "0")
    up(own_engine, project)  # as new: the database is made with what the file says
    assert not logs_in(own_engine, "another-password")

    assert fix("--undo", str(project)).returncode == 0
    assert project.read_text() == FILE and not (project.parent / "secrets").exists()
    up(own_engine, project)
    assert PASSWORD in environment(own_engine)


def compose(engine: OwnEngine, file: Path, *arguments: str) -> None:
    engine.docker("compose", "-f", str(file), *arguments)


def up(engine: OwnEngine, file: Path) -> None:
    compose(engine, file, "up", "--detach", "--pull", "never")
    wait_until(lambda: logs_in(engine, PASSWORD), "the database takes the password")


def logs_in(engine: OwnEngine, password: str) -> bool:
    words = ("psql", "-h", "127.0.0.1", "-U", "shop", "-d", "postgres", "-Atc", "select 6 * 7")
    done: subprocess.CompletedProcess[bytes] = engine.docker(
        "exec", "--env", f"PGPASSWORD={password}", f"{PROJECT}-db-1", *words, check=False
    )
    return done.stdout.strip() == b"42"


def environment(engine: OwnEngine) -> str:
    return str(engine.inspect(f"{PROJECT}-db-1")["Config"]["Env"])
