"""A project that was deployed, with a route at the edge: on another host the same release runs, and who trusted the old
edge is answered by the new one."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.shops import HEALTH
from machines.images import make_image
from machines.own_host import start_host
from machines.postgres import IMAGE, make_postgres_image
from machines.program import run_dockworthy
from patience import patience, within

from .conftest import PROJECT, ROWS, USUAL, WEB, At, Fresh, Lost, sql

pytestmark = [pytest.mark.engine, pytest.mark.ssh, pytest.mark.program, pytest.mark.timeout(600)]

HOST = "shop.example.com"
SERVES = "cp /run/secrets/token /data/page && exec httpd -f -p 8000 -h /data"
_ASK = """
import http.client, socket, ssl, sys
name, trusted = sys.argv[1:]
plain = socket.create_connection(("127.0.0.1", 443), timeout=10)
asked = http.client.HTTPConnection(name)
asked.sock = ssl.create_default_context(cafile=trusted).wrap_socket(plain, server_hostname=name)
asked.request("GET", "/page")
answer = asked.getresponse()
print(answer.status, answer.read().decode())
print(ssl.DER_cert_to_PEM_cert(asked.sock.getpeercert(True)))
"""


def compose_file(says: str) -> dict[str, Any]:
    web = {
        "image": WEB,
        "command": ["sh", "-c", SERVES],
        "environment": {"SAYS": says},
        "init": True,
        "healthcheck": HEALTH,
        "stop_grace_period": "1s",
        "volumes": ["pages:/data"],
        "secrets": ["token"],
    }
    db = {
        "image": IMAGE,
        "environment": {"POSTGRES_DB": "shop", "POSTGRES_PASSWORD": "a:b\\c$$d"},
        "volumes": ["data:/var/lib/postgresql/data"],
        "healthcheck": {"test": ["CMD", "pg_isready", "-q", "-d", "shop"], "interval": "1s", "retries": 60},
    }
    web["depends_on"] = {"db": {"condition": "service_healthy"}}
    secrets = {"token": {"file": "./token.txt"}}
    volumes: dict[str, Any] = {"pages": {}, "data": {}}
    return {"name": PROJECT, "services": {"web": web, "db": db}, "volumes": volumes, "secrets": secrets}


@pytest.fixture(scope="module")
def lost(engines_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lost]:
    place = tmp_path_factory.mktemp("routed")
    made = Lost(place / "project", place / "repository", place / "key", {})
    folder = made.folder
    folder.mkdir()
    (folder / "token.txt").write_text("s3cret of release 2")
    deploy = {
        "observe": "1s",
        "objectives": {"failed_requests": 1000},
        "healthy_within": within(60),
        "edge": {"tls": "internal"},
        "routes": [{"host": HOST, "service": "web", "port": 8000, "health": "/page"}],
    }
    settings = {"policy": {"level": "baseline"}, "deploy": deploy, "backup": {"to": [str(made.repository)]}}
    (folder / "dockworthy.yaml").write_text(yaml.safe_dump(settings))
    host = start_host(engines_folder / "rebuild-routed")
    try:
        host.start_engine()
        make_image(At(host), WEB)  # type: ignore[arg-type]
        make_postgres_image(At(host))  # type: ignore[arg-type]
        inside = (*host.inside, "env", "-C", str(folder))
        for says in ("one", "two"):
            (folder / "compose.yaml").write_text(yaml.safe_dump(compose_file(says)))
            done = run_dockworthy("deploy", "--yes", inside=inside, env=USUAL, timeout=300)
            assert done.returncode == 0, done.stdout + done.stderr
        sql(host, f"CREATE TABLE orders AS SELECT n FROM generate_series(1, {ROWS}) n")
        names = host.docker("ps", "--format", "{{.Names}}").stdout.decode().split()
        (web,) = [name for name in names if "-web-" in name]
        host.docker("exec", web, "sh", "-c", "echo kept >/data/kept")
        (place / "ca.pem").write_text(host.read("/var/lib/dockworthy/edge/authority/ca.pem"))
        (place / "shown.pem").write_text(host.read(f"/var/lib/dockworthy/edge/internal/{PROJECT}.pem"))
        done = run_dockworthy("backup", inside=inside, env=USUAL, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        made.key.write_text(host.read("/etc/dockworthy/backup.key"))
    finally:
        host.stop()
    shutil.rmtree(folder)
    yield made


def answered(fresh: Fresh, trusted: Path) -> str:
    """What a client at the desk is told, who trusts the old authority alone; then the certificate."""
    done = subprocess.run(
        [*fresh.inside, sys.executable, "-c", _ASK, HOST, str(trusted)],
        capture_output=True,
        text=True,
        timeout=patience(60),
    )
    return done.stdout or done.stderr


def test_the_release_runs_and_the_edge_answers_with_the_certificate_that_it_had(fresh: Fresh, lost: Lost) -> None:
    said = fresh.restore(lost, "--yes")
    assert f"routes {HOST}: the edge" in said and "starts release 2, as it was shipped" in said
    place = lost.repository.parent
    page, _, certificate = answered(fresh, place / "ca.pem").partition("\n")
    assert page == "200 s3cret of release 2"
    shown = (place / "shown.pem").read_text()
    assert certificate.strip() in shown and ssl.PEM_cert_to_DER_cert(certificate.strip())
    host = fresh.host
    names = host.docker("ps", "--format", "{{.Names}}").stdout.decode().split()
    (web,) = [name for name in names if "-web-" in name]
    assert host.docker("exec", web, "sh", "-c", "cat /data/kept; echo $SAYS").stdout.decode() == "kept\ntwo\n"
    assert sql(host, "SELECT count(*), sum(n) FROM orders") == f"{ROWS}|{ROWS * (ROWS + 1) // 2}"
    inside = (*host.inside, "env", "-C", str(lost.folder))
    listed = run_dockworthy("releases", inside=inside, env=USUAL).stdout
    assert "3" in listed and "2" in listed, "older ones can be gone back to"
    done = run_dockworthy("deploy", "--yes", "--dry-run", inside=inside, env=USUAL, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_where_the_edge_can_t_come_up_nothing_of_it_stays(fresh: Fresh, lost: Lost) -> None:
    listens = "import socket, time; s = socket.create_server(('0.0.0.0', 443)); time.sleep(9999)"
    fresh.host._start(sys.executable, "-c", listens)
    busy = ("busybox", "grep", "-q", ":01BB .* 0A ", "/proc/net/tcp")
    fresh.host.wait(lambda: not fresh.host.run(*busy, check=False).returncode, "somebody has the port")
    said = fresh.restore(lost, "--yes", status=2)
    assert "what was made of" in said and "443" in said
    images = fresh.host.docker("image", "ls", "--format", "{{.Repository}}").stdout.decode().split()
    assert WEB.partition(":")[0] not in images
    assert [each for each in fresh.has(lost) if PROJECT in each] == []
    keys = fresh.host.run("find", "/var/lib/dockworthy/edge", "-name", "*.pem", check=False).stdout.decode().split()
    assert not [each for each in keys if PROJECT in each or "authority" in each]
