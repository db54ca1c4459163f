"""`guard certificate` and `guard login` on the side of whoever asks from elsewhere: no engine is needed."""

from __future__ import annotations

import json
import re
import ssl
from pathlib import Path

import pytest

from dockworthy.guard.tls.certificates import Papers, context_of
from guard.tls_parts import Pair, client_context
from machines.program import run_dockworthy


def guard(folder: Path, *arguments: str) -> tuple[int, str]:
    environment = {"DOCKWORTHY_STATE": str(folder / "state"), "DOCKER_CONFIG": str(folder / "docker")}
    done = run_dockworthy("guard", *arguments, env=environment)
    return done.returncode, done.stderr


async def test_what_it_makes_opens_the_door_and_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert guard(tmp_path, "certificate", "--server", "192.0.2.7", "alice@work", "--out", str(out))[0] == 0
    server, alice = out / "server", out / "alice@work"
    papers = Papers(tlscacert=server / "ca.pem", tlscert=server / "server-cert.pem", tlskey=server / "server-key.pem")
    both = Pair(context_of(papers), client_context(alice))
    await both.carry()
    assert both.client.getpeercert()["subjectAltName"] == (("IP Address", "192.0.2.7"),)  # type: ignore[index]
    seen: ssl.SSLObject = both.reader.transport.get_extra_info("ssl_object")
    assert ((("commonName", "alice@work"),),) == seen.getpeercert()["subject"]  # type: ignore[index]
    assert {file.stat().st_mode & 0o777 for file in alice.iterdir()} == {0o600}

    at = ("login", "tcp://192.0.2.7:2376", "--certificates", str(alice))
    assert guard(tmp_path, *at)[0] == 0
    [meta] = (tmp_path / "docker/contexts/meta").glob("*/meta.json")
    assert json.loads(meta.read_bytes())["Endpoints"]["docker"]["Host"] == "tcp://192.0.2.7:2376"
    kept = tmp_path / "docker/contexts/tls" / meta.parent.name / "docker"
    assert {file.name: file.read_bytes() for file in kept.iterdir()} == {
        file.name: file.read_bytes() for file in alice.iterdir()
    }


@pytest.mark.parametrize(
    "arguments, says",
    [
        (("certificate",), "nobody is named"),
        (("certificate", "--server", "x,DNS:y"), "can't stand in a certificate"),
        (("login", "tcp://192.0.2.7:2376"), "asks for a certificate"),
        (("login", "tcp://192.0.2.7:2376", "--certificates", "."), "No such file"),
        (("serve", "--socket", "x", "--tls", "192.0.2.7"), "--people is missing"),
        (("socket", "x", "--role", "viewer", "--tls", "0.0.0.0"), "every address of the host"),
        (("socket", "x", "--role", "viewer", "--tls", "127.0.0.1", "--tlscacert", "none"), "--tlscacert .*none"),
    ],
)
def test_what_can_not_be_is_told_and_nothing_is_made(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    status, said = guard(tmp_path, *arguments)
    assert status == 2 and re.search(says, said) and "Traceback" not in said
    assert not any(tmp_path.iterdir())
