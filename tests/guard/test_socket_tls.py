"""`guard serve --people --tls`: holders of certificates, by the real docker, Compose and openssl."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from dockworthy.harden.remote_access.certificates import Office
from guard.people_host import AUDIT, REMOTE, SECRET, papers_of
from guard.sockets import Listening
from guard.tls_parts import papers_for, put
from machines.images import BUSYBOX
from machines.own_host import OwnHost

pytestmark = pytest.mark.engine
LABEL = "com.docker.compose.project=shop"
MUCH = os.urandom(1 << 20) * 8


@dataclass
class Remote:
    """The holder of the certificate in `folder`."""

    host: OwnHost
    folder: Path

    def command(self, *argv: str) -> tuple[str, ...]:
        named = (f"DOCKER_HOST=tcp://{REMOTE}", "DOCKER_TLS_VERIFY=1", f"DOCKER_CERT_PATH={self.folder}", "HOME=/run")
        return ("env", *named, *argv)

    def docker(self, *argv: str, check: bool = True, input: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        return self.host.run(*self.command("docker", *argv), check=check, input=input)

    def compose(self, *argv: str, input: bytes | None = None) -> bytes:
        command = ("docker-compose", "-p", "shop", "-f", "/etc/compose/compose.yaml", *argv)
        return self.host.run(*self.command(*command), input=input).stdout

    def refused(self, *argv: str) -> str:
        done = self.docker(*argv, check=False)
        assert done.returncode != 0
        return done.stderr.decode()

    def follow(self, *argv: str) -> Listening:
        started = [*self.host.inside, "setpriv", "--pdeathsig", "KILL", *self.command("docker", *argv)]
        return Listening(subprocess.Popen(started, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE))


def remote(host: OwnHost, name: str) -> Remote:
    return Remote(host, papers_of(host) / name)


def test_each_certificate_has_its_role(people_host: OwnHost) -> None:
    oncall, ci, chief = (remote(people_host, name) for name in ("oncall", "ci", "chief"))
    assert SECRET.encode() in oncall.docker("inspect", "shop").stdout
    assert SECRET.encode() not in ci.docker("inspect", "shop").stdout
    assert "bank is of project bank" in oncall.refused("exec", "bank", "id")
    assert "certificate ci is deployer" in ci.refused("exec", "shop", "id")
    assert "workload/privileged" in ci.refused("create", "--label", LABEL, "--privileged", BUSYBOX)
    chief.docker("run", "--rm", "-v", "/etc:/x:ro", BUSYBOX, "true")
    assert "certificate outsider has no role here" in remote(people_host, "outsider").refused("ps")


def test_streams_end_right_in_both_directions(people_host: OwnHost) -> None:
    """Standard input ends with its file, and all of the answer comes after it: TLS with one half closed."""
    oncall, chief = remote(people_host, "oncall"), remote(people_host, "chief")
    there_and_back = oncall.docker("exec", "-i", "shop", "sh", "-c", "cat; echo done >&2", input=MUCH)
    assert there_and_back.stdout == MUCH and there_and_back.stderr == b"done\n"
    there = oncall.docker("exec", "-i", "shop", "sh", "-c", "sha256sum; echo done", input=MUCH).stdout
    assert there.startswith(hashlib.sha256(MUCH).hexdigest().encode()) and there.endswith(b"done\n")
    attached = chief.docker("run", "--rm", "-i", BUSYBOX, "sh", "-c", "cat; echo done", input=MUCH).stdout
    assert attached == MUCH + b"done\n"
    terminal = "docker exec -it shop sh -c 'test -t 0 && echo a terminal; read line; echo got $line'"
    done = people_host.run(*oncall.command("script", "-qefc", terminal, "/dev/null"), input=b"typed\n")
    assert b"a terminal" in done.stdout and b"got typed" in done.stdout


def test_files_images_and_projects(people_host: OwnHost, tmp_path: Path) -> None:
    ci, chief = remote(people_host, "ci"), remote(people_host, "chief")
    (tmp_path / "much").write_bytes(MUCH)
    chief.docker("cp", f"{tmp_path}/much", "shop:/much")
    chief.docker("cp", "shop:/much", f"{tmp_path}/back")
    assert (tmp_path / "back").read_bytes() == MUCH
    (tmp_path / "much").unlink()
    (tmp_path / "Dockerfile").write_text(f"FROM {BUSYBOX}\nCOPY Dockerfile /Dockerfile\n")
    for builder in ("0", "1"):
        build = ("env", f"DOCKER_BUILDKIT={builder}", "docker", "build", "-q", "-t", "built:1", str(tmp_path))
        assert b"sha256:" in people_host.run(*chief.command(*build)).stdout
    chief.docker("rmi", "built:1")
    ci.compose("up", "-d")
    assert b"web is up" in ci.compose("logs")
    assert chief.compose("exec", "-T", "web", "sh", "-c", "cat; echo done", input=b"in\n") == b"in\ndone\n"
    ci.compose("down", "-v", "-t", "0")


def test_who_is_followed_goes_on_while_certificates_change_and_a_bad_one_changes_nothing(people_host: OwnHost) -> None:
    oncall, papers = remote(people_host, "oncall"), papers_of(people_host)
    server = papers / "server"
    before = shown(people_host)
    events = oncall.follow("events", "--format", "{{.Action}}")
    (server / "key.pem").write_text("no key")
    said(people_host, "the new certificate can't be used, the old one stays")
    assert shown(people_host) == before
    made = put(papers / "renewed", Office(papers / "office").server(["127.0.0.1"]))
    for name in ("cert.pem", "key.pem"):
        shutil.copy(made / name, server / name)
    people_host.wait(lambda: shown(people_host) != before, "the new certificate is shown")
    oncall.docker("restart", "-t", "0", "shop")
    events.wait_for(b"restart")
    events.end()


def test_who_is_turned_away_hears_why_and_it_is_written_down(people_host: OwnHost, tmp_path: Path) -> None:
    stranger = papers_for(tmp_path, "oncall").tlscert.parent.parent / "oncall"
    shutil.copy(papers_of(people_host) / "oncall/ca.pem", stranger / "ca.pem")
    assert "unknown certificate authority" in Remote(people_host, stranger).refused("ps")
    plain = people_host.run("docker", "-H", f"tcp://{REMOTE}", "ps", check=False).stderr.decode()
    assert "this port speaks TLS" in plain
    lines = [json.loads(line) for line in people_host.read(AUDIT).splitlines()]
    told = [line for line in lines if line["action"] == "tls/handshake"]
    assert {line["who"] for line in told} == {"somebody at 127.0.0.1"}
    assert any("certificate is not good" in line["says"] for line in told)
    assert any(line.get("who") == "certificate chief" for line in lines if line["decision"] == "allowed")


def test_a_context_for_it_and_a_grant(people_host: OwnHost) -> None:
    outsider = remote(people_host, "outsider")
    command = ("guard", "login", f"tcp://{REMOTE}", "--certificates", str(outsider.folder), "--name", "elsewhere")
    assert people_host.dockworthy(*command).returncode == 0
    given = ("guard", "grant", "certificate:outsider", "viewer", "--for", "1h", "--reason", "a look")
    assert people_host.dockworthy(*given).returncode == 0
    try:
        assert b"shop" in people_host.docker("--context", "elsewhere", "ps").stdout
    finally:
        people_host.dockworthy("guard", "revoke", "certificate:outsider")
    assert people_host.docker("--context", "elsewhere", "ps", check=False).returncode != 0


def shown(host: OwnHost) -> bytes:
    """The serial number of the certificate that the guard shows."""
    asked = host.run("openssl", "s_client", "-connect", REMOTE, input=b"", check=False)
    return host.run("openssl", "x509", "-noout", "-serial", input=asked.stdout).stdout


def said(host: OwnHost, what: str) -> None:
    host.wait(lambda: what in host.read("/var/log/guard"), what)
