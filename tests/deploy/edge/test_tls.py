"""HTTPS by the host's own authority and by files; what comes by http is sent there."""

from __future__ import annotations

import asyncio
import ssl
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.edge.clients import ask, leave
from deploy.edge.conftest import EdgeHere
from dockworthy.deploy.edge.certificates import authority_file
from dockworthy.deploy.edge.planned_change import EdgeChange
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.engine.site import Site
from dockworthy.model.deploy_settings import Route, Tls
from patience import patience

pytestmark = pytest.mark.engine

HOST = "tls.example.com"
ROUTE = Route(HOST, "web", 8000, health="/", redirect_from=("old-tls.example.com",), body="1k")


@pytest.fixture(scope="module")
def serving(here: EdgeHere) -> Iterator[EdgeHere]:
    here.do(lambda edge, _: edge.ensure(here.routes("tls", ROUTE, tls=Tls.INTERNAL)))
    here.app("t1", "web.tls")
    yield here
    here.remove("t1")
    here.do(lambda edge, _: edge.remove("tls"))


def _authority(here: EdgeHere) -> Path:
    async def where(_: EdgeRunner, site: Site) -> str:
        return authority_file(site)

    return Path(here.do(where))


def _shown(here: EdgeHere, name: str) -> str:
    """The certificate of the host, which must be trusted by the authority's file and by the name."""
    context = ssl.create_default_context(cafile=str(_authority(here)))

    async def see() -> str:
        _, writer = await asyncio.open_connection("127.0.0.1", here.https, ssl=context, server_hostname=name)
        shown: str = ssl.DER_cert_to_PEM_cert(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
        await leave(writer)
        return shown

    return asyncio.run(see())


def test_the_authority_is_trusted_and_its_key_stays(serving: EdgeHere) -> None:
    authority = _authority(serving)
    context = ssl.create_default_context(cafile=str(authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    waited = asyncio.run(_until_200(serving, context))
    assert f"x-forwarded-proto: https\r\nx-forwarded-host: {HOST}" in waited.lower()
    assert stat.S_IMODE((authority.parent / "key.pem").stat().st_mode) == 0o600
    mounted = serving.engine.inspect("dockworthy-edge-proxy-1")["Mounts"]
    assert not any((Path(mount["Source"]) / "authority").exists() for mount in mounted)


async def _until_200(here: EdgeHere, context: ssl.SSLContext) -> str:
    async with asyncio.timeout(patience(20)):
        while (answer := await ask(here.https, HOST, tls=context)).status != 200:
            await asyncio.sleep(0.1)
    return answer.body.decode()


def test_http_is_sent_to_https_and_http_2_is_spoken(serving: EdgeHere) -> None:
    answer = asyncio.run(ask(serving.http, HOST, "/a?b=1"))
    assert (answer.status, answer.headers["location"]) == (308, f"https://{HOST}:{serving.https}/a?b=1")
    answer = asyncio.run(ask(serving.http, "old-tls.example.com", "/a"))
    assert answer.headers["location"] == f"https://{HOST}:{serving.https}/a"
    done = subprocess.run(
        ["curl", "-sS", "--cacert", str(_authority(serving)), "--resolve", f"{HOST}:{serving.https}:127.0.0.1",
         "-o", "/dev/null", "-w", "%{http_version}", f"https://{HOST}:{serving.https}/"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "2", done.stderr


def test_a_body_of_http_2_that_does_not_tell_its_length_is_refused(serving: EdgeHere) -> None:
    curl = f"curl -sS --cacert {_authority(serving)} --resolve {HOST}:{serving.https}:127.0.0.1 -o /dev/null"
    send = f"{curl} -T - -w '%{{http_version}} %{{http_code}}' https://{HOST}:{serving.https}/"
    done = subprocess.run(["sh", "-c", f"(echo x; sleep 0.5; seq 9999) | {send}"], capture_output=True, text=True)
    assert done.stdout == "2 411", done.stderr


def test_a_new_name_gets_a_new_certificate_and_the_same_names_keep_theirs(serving: EdgeHere) -> None:
    before = _shown(serving, HOST)
    serving.do(lambda edge, _: edge.ensure(serving.routes("tls", ROUTE, tls=Tls.INTERNAL)))
    assert _shown(serving, HOST) == before
    more = Route("new-tls.example.com", "web", 8000)
    serving.do(lambda edge, _: edge.ensure(serving.routes("tls", ROUTE, more, tls=Tls.INTERNAL)))
    assert _shown(serving, "new-tls.example.com") != before


def test_a_certificate_that_is_soon_over_is_made_anew(serving: EdgeHere) -> None:
    folder = serving.state / "edge"
    before = _shown(serving, HOST)
    sign = "openssl x509 -in internal/tls.pem -CA authority/ca.pem -CAkey authority/key.pem -days 29 -out short.pem"
    key = "openssl pkey -in internal/tls.pem >short.key && cat short.pem authority/ca.pem short.key >internal/tls.pem"
    subprocess.run(["sh", "-ec", f"{sign} && {key}"], cwd=folder, check=True, capture_output=True)
    more = Route("new-tls.example.com", "web", 8000)
    serving.do(lambda edge, _: edge.ensure(serving.routes("tls", ROUTE, more, tls=Tls.INTERNAL)))
    shown = _shown(serving, HOST)
    assert shown != before
    ends = subprocess.run(["openssl", "x509", "-noout", "-checkend", str(300 * 86400)], input=shown, text=True)
    assert ends.returncode == 0


def test_what_would_be_done_is_known_and_nothing_is_done(serving: EdgeHere) -> None:
    more = Route("new-tls.example.com", "web", 8000)
    same, other = (serving.routes("tls", *routes, tls=Tls.INTERNAL) for routes in ((ROUTE, more), (ROUTE,)))
    serving.do(lambda edge, _: edge.ensure(same))
    mine = serving.state / "edge" / "internal" / "tls.pem"
    before = mine.read_text()
    assert serving.do(lambda edge, _: edge.would_change(same)) == EdgeChange()
    assert serving.do(lambda edge, _: edge.would_change(other)) == EdgeChange(reloaded=True)
    mine.write_text("damaged")
    assert serving.do(lambda edge, _: edge.would_change(same)) == EdgeChange(reloaded=True)
    assert mine.read_text() == "damaged"
    mine.write_text(before)
