"""Certificates are renewed without a deploy, under load: no request fails; what does not end well is put back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.edge.clients import Load, until_status
from deploy.edge.conftest import EdgeHere
from deploy.edge.pebble import Authority, needs_pebble, pebble_at, shown_by, wanted_of
from dockworthy.deploy.edge.renewal import Renewed, Renewer, first_in
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.deploy.edge.status import edge_standing
from dockworthy.engine.site import Site
from dockworthy.errors import DockworthyError
from dockworthy.guard.path_ownership import who_may_swap
from dockworthy.model.deploy_settings import Route, Tls
from machines.engines import clean_environment
from machines.program import DOCKWORTHY, run_dockworthy

pytestmark = needs_pebble

ONE, TWO = "one.renewed.example.com", "two.renewed.example.com"
_SIX_DAYS = 6 * 86400
KILLS = int(os.environ.get("DOCKWORTHY_KILLS", "3"))


@pytest.fixture(scope="module")
def authority(here: EdgeHere, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """Its certificates last six days; the edge serves two names by it, and another project by the host's own."""
    with pebble_at(here, tmp_path_factory.mktemp("pebble"), seconds=_SIX_DAYS) as pebble:
        here.do(lambda edge, _: edge.ensure(wanted_of(here, pebble, ONE, TWO, project="renewed")))
        own = here.routes("ownca", Route("own.example.com", "web", 8000), tls=Tls.INTERNAL)
        here.do(lambda edge, _: edge.ensure(own))
        here.app("r1", "web.renewed")
        yield pebble
        here.remove("r1", seconds=0)
        for project in ("renewed", "ownca"):
            here.do(lambda edge, _, project=project: edge.remove(project))


def _renew(here: EdgeHere, *names: str) -> Renewed:
    return here.do(lambda _, site: Renewer(site).renew(frozenset(names)))


def _due(here: EdgeHere) -> dict[str, str]:
    found = here.do(lambda _, site: Renewer(site).look()).due
    return {each.subject: each.why for each in found}


def _age(here: EdgeHere, name: str, begins: str, ends: str) -> None:
    """Puts another one into the place of what the authority gave, which begins and ends then (`date`'s words)."""
    file = here.state / "edge" / "acme" / f"{name}.pem"
    at = " ".join(
        f"-not_{what} $(date -u -d '{when}' +%Y%m%d%H%M%SZ)" for what, when in (("before", begins), ("after", ends))
    )
    make = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} {at}"
    subprocess.run(["sh", "-ec", f"{make} -keyout k.aged -out c.aged && cat c.aged k.aged >{file.name}"],
                   cwd=file.parent, check=True, capture_output=True)  # fmt: skip


def test_a_renewal_under_load_fails_no_request(
    here: EdgeHere, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE

    async def work(_: EdgeRunner, site: Site) -> tuple[Load, Renewed]:
        await until_status(here.https, ONE, tls=anybody)
        async with Load(here.https, ONE, rate=100, tls=anybody) as load:
            renewed = await Renewer(site).renew(frozenset({ONE, "ownca"}))
            await load.answered(50)  # what comes after it counts, too
        return load, renewed

    before = {name: shown_by(here, name) for name in (ONE, TWO, "own.example.com")}
    load, renewed = here.do(work)
    with capsys.disabled():
        print(f"\n{load.count} requests over a renewal, {len(load.failures)} failed, the slowest {load.slowest:.2f} s")
    assert load.failures == [] and load.count > 100, here.log()
    assert set(renewed.renewed) == {ONE, "ownca"} and renewed.handed_over and renewed.looked_at
    after = {name: shown_by(here, name) for name in before}
    assert authority.trusts(after[ONE])
    assert (after[ONE] != before[ONE], after[TWO] == before[TWO]) == (True, True)
    assert after["own.example.com"] != before["own.example.com"]
    assert _renew(here) == Renewed(), "nothing is due, nothing is done"


def test_what_is_due_is_told_by_its_share_of_life(here: EdgeHere, authority: Authority) -> None:
    _renew(here)
    _age(here, ONE, "3 days ago", "3 days")
    assert _due(here) == {}
    _age(here, ONE, "100 hours ago", "44 hours 30 minutes")
    assert _due(here) == {ONE: "ends in 44 hours"}
    assert _renew(here).renewed == (ONE,)
    assert authority.trusts(shown_by(here, ONE))


@pytest.mark.parametrize("what", ["a certificate that HAProxy does not take", "another one is shown"])
def test_what_does_not_end_well_is_put_back(
    here: EdgeHere, authority: Authority, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    file = here.state / "edge" / "acme" / f"{ONE}.pem"
    before, shown = file.read_text(), shown_by(here, ONE)

    async def with_another_key(*_: object) -> None:
        key = subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"], capture_output=True)
        file.write_text(before[: before.index("-----BEGIN", 20)] + key.stdout.decode())

    async def wrong(_: object, wanted: dict[str, str]) -> tuple[str, ...]:
        assert await asyncio.to_thread(shown_by, here, ONE) != shown, "it was handed over"
        return tuple(wanted)

    if what == "another one is shown":
        monkeypatch.setattr("dockworthy.deploy.edge.renewal.ServedCertificate.wrong", wrong)
    else:
        monkeypatch.setattr("dockworthy.deploy.edge.renewal.obtain", with_another_key)
        _age(here, ONE, "100 hours ago", "44 hours 30 minutes")
        before = file.read_text()
    with pytest.raises(DockworthyError, match=ONE if what == "another one is shown" else "HAProxy does not take"):
        _renew(here, ONE)
    assert file.read_text() == before
    assert shown_by(here, ONE) == shown
    standing = here.do(lambda _, site: edge_standing(site))
    assert any("the last try to renew it failed" in care for care in standing.cares)
    monkeypatch.undo()
    _renew(here, ONE)


def test_a_failed_renewal_is_seen_until_it_works(here: EdgeHere, authority: Authority) -> None:
    """The authority is asked at a place where it is not: the program says so, and its status does until it works."""
    environment = {"DOCKER_HOST": here.engine.endpoint, "DOCKWORTHY_STATE": str(here.state)}
    shown = shown_by(here, ONE)

    def call(*words: str) -> tuple[int, str]:
        done = run_dockworthy("edge", *words, env=environment, inside=here.engine.inside)
        return done.returncode, done.stdout + done.stderr

    routes = here.state / "edge" / "routes" / "renewed.json"
    asked = routes.read_text()
    try:
        routes.write_text(asked.replace(f"localhost:{authority.port}/dir", f"localhost:{authority.port}/no"))
        _age(here, TWO, "100 hours ago", "44 hours 30 minutes")
        status, said = call("renew")
        assert status == 1 and f"{TWO}: not renewed (ends in 44 hours)" in said
        status, said = call("status")
        assert status == 1 and TWO in said and "the last try to renew it failed" in " ".join(said.split())
    finally:
        routes.write_text(asked)
    status, said = call("renew", "--dry-run")
    assert status == 0 and f"{TWO}: would be renewed (ends in 44 hours)" in said
    if who_may_swap(str(DOCKWORTHY)):  # a clone below /tmp, say
        status, said = call("renew", "--install", "--yes")
        assert status == 2 and "root would run what others can change" in said
        assert call("renew")[0] == 0 and shown_by(here, ONE) == shown
        return
    # What cron would run, in a folder that is the test's own, without systemd.
    call_it = "mount -t tmpfs none /etc/cron.d; [ ! -d /run/systemd ] || mount -t tmpfs none /run/systemd; "
    call_it += f"D={DOCKWORTHY}; $D edge renew --install --yes && "
    call_it += 'sh -ec "$(grep -v "^#\\|^PATH" /etc/cron.d/* | cut -d" " -f7-)"; $D edge status --format json; '
    call_it += "$D edge renew --uninstall --yes; ls -A /etc/cron.d"
    inside = (*here.engine.inside, "unshare", "--mount", "sh", "-c", call_it)
    done = subprocess.run(inside, env=clean_environment(**environment), capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert not [each["failed"] for each in told["certificates"] if each["failed"]], done.stderr
    assert told["renewed_by"] and not any("edge renew" in care for care in told["cares"])
    assert any("edge renew --install" in care for care in here.do(lambda _, site: edge_standing(site)).cares)
    assert shown_by(here, ONE) == shown


def test_one_that_is_killed_at_any_moment_is_ended_by_the_next(here: EdgeHere, authority: Authority) -> None:
    """The project's files are of the host's own authority: it is quick, so that kills come in all of its parts."""

    async def work(*_: object) -> Load:
        async with Load(here.http, "load.example.com", rate=100) as load:
            for _ in range(KILLS):
                await asyncio.to_thread(_kill_a_renewal, here)
            await asyncio.to_thread(_renew, here)
            await load.answered(30)
        return load

    here.do(lambda edge, _: edge.ensure(here.routes("load", Route("load.example.com", "web", 8000))))
    here.app("r2", "web.load")
    try:
        asyncio.run(until_status(here.http, "load.example.com"))
        load = here.do(work)
    finally:
        here.remove("r2", seconds=0)
        here.do(lambda edge, _: edge.remove("load"))
    assert load.failures == [], here.log()
    kept = (here.state / "edge" / "internal" / "ownca.pem").read_text()
    assert ssl.DER_cert_to_PEM_cert(first_in(kept)) == shown_by(here, "own.example.com"), "what is kept is shown"
    assert not list((here.state / "edge").rglob("*.half")) and _renew(here) == Renewed()


def _kill_a_renewal(here: EdgeHere) -> None:
    environment = clean_environment(DOCKER_HOST=here.engine.endpoint, DOCKWORTHY_STATE=str(here.state))
    command = [*here.engine.inside, str(DOCKWORTHY), "edge", "renew", "ownca"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(random.uniform(0.2, 2.0))
        process.kill()


def test_where_no_edge_is_known_nothing_is_renewed(here: EdgeHere, tmp_path: Path) -> None:
    environment = {"DOCKER_HOST": here.engine.endpoint, "DOCKWORTHY_STATE": str(tmp_path)}
    done = run_dockworthy("edge", "renew", env=environment, inside=here.engine.inside)
    assert done.returncode == 2 and f"is kept in {here.state}/edge" in done.stderr
