"""The engine on a network address: a docker client with the certificate works, and one without is refused."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockworthy.errors import UsageError
from dockworthy.harden.remote_access.address import place_of, without_hosts
from dockworthy.harden.remote_access.certificates import RENEW_BEFORE, Office, days_left
from machines.own_host import OwnHost, start_host

APPLY = ("harden", "--apply", "--yes", "--remote-access", "127.0.0.1")


@pytest.fixture
def host(engines_folder: Path, request: pytest.FixtureRequest) -> Iterator[OwnHost]:
    host = start_host(engines_folder / request.node.name[:40])
    yield host
    host.stop()


def version_with(host: OwnHost, *options: str) -> str:
    """What docker says when it asks over TCP; the empty text where it is refused."""
    done = host.run(
        "docker", "-H", "tcp://127.0.0.1:2376", *options, "version", "-f", "{{.Server.Version}}", check=False
    )
    return done.stdout.decode().strip() if done.returncode == 0 else ""


def paper(folder: Path) -> tuple[str, ...]:
    return ("--tlsverify", f"--tlscacert={folder}/ca.pem", f"--tlscert={folder}/cert.pem", f"--tlskey={folder}/key.pem")


@pytest.mark.engine
def test_only_who_holds_a_certificate_comes_in(host: OwnHost, tmp_path: Path) -> None:
    before = '{"labels": ["shop=1"]}'
    host.start_engine(before)
    plan = host.dockworthy(*APPLY[:1], *APPLY[3:])
    assert plan.returncode == 1 and "tcp://127.0.0.1:2376" in plan.stdout, plan.stdout + plan.stderr
    assert "PRIVATE KEY" not in plan.stdout
    folder = Path(os.environ["DOCKWORTHY_STATE"], "remote-access", "this-host")
    assert not folder.exists(), "a plan makes nothing"

    done = host.dockworthy(*APPLY)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PRIVATE KEY" not in done.stdout + done.stderr
    assert version_with(host, *paper(folder))
    assert not version_with(host), "without TLS"
    assert not version_with(host, "--tlsverify", f"--tlscacert={folder}/ca.pem"), "without a certificate"
    Office(tmp_path).papers(["127.0.0.1"])
    assert not version_with(host, *paper(tmp_path)[:1], *paper(folder)[1:2], *paper(tmp_path)[2:]), (
        "of another authority"
    )
    assert host.docker("version").returncode == 0, "the socket is as it was"
    assert host.run("stat", "-c", "%a %u", "/etc/docker/tls/server-key.pem").stdout.decode().strip() == "600 0"
    keys = [folder / "key.pem", folder / "authority/ca-key.pem"]
    assert [stat.S_IMODE(key.stat().st_mode) for key in keys] == [0o600, 0o600]
    secret = keys[1].read_text().splitlines()[1]
    there = host.run("sh", "-c", 'grep -rlF -- "$1" /etc/docker /var/lib/dockworthy || :', "sh", secret).stdout
    assert there == b"", "the authority's key is not on the host"
    finding = json.loads(host.dockworthy("assess", "--no-probe", "--format", "json").stdout)["findings"]
    assert {each["outcome"] for each in finding if each["control"] == "engine/api-tls"} == {"pass"}

    again = host.dockworthy(*APPLY)
    assert again.returncode == 0 and "nothing to do" in again.stderr, again.stderr
    taken = host.dockworthy("harden", "--undo")
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert host.read("/etc/docker/daemon.json") == before
    assert host.run("test", "-e", "/etc/docker/tls/server-key.pem", check=False).returncode == 1
    assert not version_with(host, *paper(folder))


@pytest.mark.engine
def test_addresses_on_the_command_line_are_found_first(host: OwnHost) -> None:
    host.start_engine("{}", "-H unix:///var/run/docker.sock")
    done = host.dockworthy(*APPLY)
    assert done.returncode == 2 and "-H unix:///var/run/docker.sock" in done.stderr, done.stderr
    assert host.read("/etc/docker/daemon.json") == "{}"


@pytest.mark.engine
def test_an_address_of_others_is_found_first(host: OwnHost) -> None:
    host.start_engine("{}")
    elsewhere = host.dockworthy(*APPLY[:-1], "192.0.2.1")
    assert elsewhere.returncode == 2 and "no address 192.0.2.1" in elsewhere.stderr, elsewhere.stderr
    assert "127.0.0.1" in elsewhere.stderr, "what it has"
    listening = subprocess.Popen([*host.inside, "busybox", "nc", "-l", "-p", "2376"], stdin=subprocess.DEVNULL)
    try:
        host.wait(lambda: b":2376" in host.run("ss", "-ltn").stdout, "somebody listens")
        taken = host.dockworthy(*APPLY)
        assert taken.returncode == 2 and "listens at port 2376" in taken.stderr, taken.stdout + taken.stderr
    finally:
        listening.kill()
        listening.wait()
    assert host.read("/etc/docker/daemon.json") == "{}"


def test_papers_are_made_anew_before_they_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(tmp_path / "office")
    first = office.papers(["192.0.2.7", "shop.example"])
    client = (tmp_path / "office/cert.pem").read_text()
    assert days_left(first.certificate) > RENEW_BEFORE
    second = office.papers(["192.0.2.7"])
    assert second.authority == first.authority and second.certificate != first.certificate
    assert (tmp_path / "office/cert.pem").read_text() == client
    monkeypatch.setattr("dockworthy.harden.remote_access.certificates.RENEW_BEFORE", 500)
    office.papers(["192.0.2.7"])
    assert (tmp_path / "office/cert.pem").read_text() != client
    assert days_left("nonsense") == -1


@pytest.mark.parametrize("text", ["0.0.0.0", "::", "shop", "192.0.2.7:0", "192.0.2.7:99999", "", "1.2.3", "tcp://"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        place_of(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("192.0.2.7", "tcp://192.0.2.7:2376"),
        ("192.0.2.7:4000", "tcp://192.0.2.7:4000"),
        ("2001:db8::7", "tcp://[2001:db8::7]:2376"),
        ("[2001:db8::7]:4000", "tcp://[2001:db8::7]:4000"),
    ],
)
def test_addresses(text: str, url: str) -> None:
    assert place_of(text).url == url


@pytest.mark.parametrize("flag", ["-H fd://", "--host=fd://", "--host fd://", "-H=fd://"])
def test_a_unit_without_its_addresses(flag: str) -> None:
    line = f"/usr/sbin/dockerd {flag} --containerd=/run/containerd/containerd.sock $DOCKER_OPTS"
    assert without_hosts(line) == "/usr/sbin/dockerd --containerd=/run/containerd/containerd.sock $DOCKER_OPTS"
