"""An ACME authority of the tests': pebble, which finds every name on this machine and asks the edge as Let's Encrypt
would."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.edge.clients import leave
from deploy.edge.conftest import EdgeHere, free_port
from dockworthy.deploy.edge.routes import ProjectRoutes, read_routes
from dockworthy.model.deploy_settings import Acme, DeploySettings, Edge, Route, Tls
from patience import patience

needs_pebble = [
    pytest.mark.engine,
    pytest.mark.skipif(shutil.which("pebble") is None, reason="pebble is not installed"),
    pytest.mark.skipif(shutil.which("lego") is None, reason="lego is not installed"),
]


@dataclass
class Authority:
    folder: Path
    port: int
    management: int

    def trusts(self, pem: str) -> bool:
        """Whether its root signed that."""
        context = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        url = f"https://localhost:{self.management}/roots/0"
        with urllib.request.urlopen(url, context=context) as answer:
            (self.folder / "root.pem").write_bytes(answer.read())
        (self.folder / "shown.pem").write_text(pem)
        verify = ("openssl", "verify", "-CAfile", "root.pem", "-untrusted", "chain.pem", "shown.pem")
        with urllib.request.urlopen(url.replace("roots", "intermediates"), context=context) as answer:
            (self.folder / "chain.pem").write_bytes(answer.read())
        return subprocess.run(verify, cwd=self.folder, capture_output=True).returncode == 0


@contextlib.contextmanager
def pebble_at(here: EdgeHere, folder: Path, *, seconds: int = 7776000) -> Iterator[Authority]:
    """It asks at the edge's port for http. `seconds`: how long its certificates last."""
    pebble = Authority(folder, free_port(), free_port())
    make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    names = ("-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem")
    subprocess.run(["openssl", *make.split(), *names], cwd=folder, check=True, capture_output=True)
    dns, nothing = free_port(), {"authz": 0, "order": 0}
    settings = {
        "listenAddress": f"127.0.0.1:{pebble.port}", "managementListenAddress": f"127.0.0.1:{pebble.management}",
        "certificate": "cert.pem", "privateKey": "key.pem", "httpPort": here.http, "tlsPort": 1,
        "retryAfter": nothing, "certificateValidityPeriod": seconds,
    }  # fmt: skip
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    names_server = ["pebble-challtestsrv", "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "",
                    "-dns01", f"127.0.0.1:{dns}", "-management", f"127.0.0.1:{free_port()}",
                    "-defaultIPv6", ""]  # fmt: skip
    environ = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
    with contextlib.ExitStack() as stack:
        for command in (names_server, ["pebble", "-config", "pebble.json", "-dnsserver", f"127.0.0.1:{dns}"]):
            log = stack.enter_context((folder / f"{command[0]}.log").open("wb"))
            process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
        asyncio.run(_listens(pebble.port))
        yield pebble


async def _listens(port: int) -> None:
    async with asyncio.timeout(patience(20)):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                return await leave(writer)
            await asyncio.sleep(0.05)


def wanted_of(here: EdgeHere, authority: Authority, *names: str, project: str = "acme") -> ProjectRoutes:
    acme = Acme("ann@example.com", f"https://localhost:{authority.port}/dir", "cert.pem")
    edge = Edge(http=here.http, https=here.https, tls=Tls.ACME, acme=acme)
    routes = tuple(Route(name, "web", 8000) for name in names)
    return read_routes(project, DeploySettings(edge=edge, routes=routes), authority.folder)


def shown_by(here: EdgeHere, name: str) -> str:
    return asyncio.run(_see(here, name))


async def _see(here: EdgeHere, name: str) -> str:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", here.https, ssl=context, server_hostname=name)
    shown: str = ssl.DER_cert_to_PEM_cert(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
    await leave(writer)
    return shown
