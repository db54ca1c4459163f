"""A release's record holds no secret value; what a rollback needs exactly lies beside it, as secrets do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.composed import composed
from deploy.shops import HEALTH, Shop
from dockworthy.deploy.secret_versions import cut, cut_keys, restored
from dockworthy.deploy.store.record import encoded
from dockworthy.model.release import GateFinding, Observation, Release, ReleaseState

PLANTED = "h0rse-battery-9Staple"
_SERVICES: dict[str, dict[str, Any]] = {
    "command": {"command": ["app", "--db-password", PLANTED, "--port", "80"]},
    "one flag": {"command": ["app", f"--api-token={PLANTED}"]},
    "shell": {"command": ["sh", "-c", f"mysqladmin ping -p{PLANTED} || exit 1"]},
    "entrypoint": {"entrypoint": ["redis-server", "--requirepass", PLANTED]},
    "label": {"labels": {"com.example.password": PLANTED, "traefik.enable": "true"}},
    "url in a label": {"labels": {"backup.target": f"s3://user:{PLANTED}@backup.example.com/x"}},
    "health check": {"healthcheck": {"test": ["CMD-SHELL", f"curl -f -u admin:{PLANTED} http://127.0.0.1/"]}},
    "url": {"environment": {"UPSTREAM": f"amqp://shop:{PLANTED}@queue:5672/"}},
    "environment": {"environment": {"DB_PASSWORD": PLANTED}},
    "logging": {"logging": {"driver": "splunk", "options": {"splunk-token": PLANTED}}},
    "extension": {"x-deploy": {"command": ["app", "--password", PLANTED]}},
}


@pytest.mark.parametrize("where", _SERVICES)
def test_a_secret_is_cut_out_of_the_project_and_comes_back_exactly(where: str) -> None:
    services = {"web": {"image": "shop:1", **_SERVICES[where]}, "db": {"image": "db"}}
    spec = composed(name="shop", services=services)
    own, values = cut(spec)
    assert PLANTED not in json.dumps(own.to_json()) and "shop:1" in json.dumps(own.to_json())
    assert own.services["db"].to_json() == {"image": "db"}
    assert any(PLANTED in each.content.decode() for each in values)
    assert sorted(cut_keys(own)) == sorted(each.key for each in values)
    assert restored(own, {each.key: each.content.decode() for each in values}) == spec


def test_options_of_volumes_and_networks_are_cut_and_no_text_passes_for_a_cut_one() -> None:
    volume = {"driver_opts": {"type": "cifs", "password": PLANTED}}
    label = {"note": "dockworthy.version:environment.db.PASSWORD"}
    spec = composed(
        name="shop",
        services={"web": {"image": "shop:1", "labels": label, "build": {"args": {"PASSWORD": PLANTED}}}},
        volumes={"data": volume, "plain": None},
        networks={"default": {"driver_opts": {"api_token": PLANTED}}},
    )
    own, values = cut(spec)
    assert PLANTED not in json.dumps(own.with_service("web", own.services["web"].without(["build"])).to_json())
    assert len({each.key for each in values}) == 3
    assert restored(own, {each.key: each.content.decode() for each in values}) == spec


def test_sentences_of_a_record_hold_no_secret() -> None:
    says = f"its health check ended with status 1: curl -u admin:{PLANTED} failed"
    release = Release(
        number=1,
        project="shop",
        target="compose",
        state=ReleaseState.FAILED,
        spec=composed(),
        services={},
        why=says,
        steps=(says,),
        findings=(GateFinding(control="x/y", subject="web", outcome="excepted", says=says),),
        observation=Observation(seconds=1.0, broken=(says,)),
    )
    assert PLANTED.encode() not in encoded(release)
    assert encoded(release).count(b"its health check ended with status 1") == 4


@pytest.mark.engine
def test_a_rollback_brings_back_what_no_record_holds(shop: Shop) -> None:
    def version(password: str) -> None:
        check = {**HEALTH, "test": ["CMD-SHELL", f"true # curl -u admin:{password} http://127.0.0.1/"]}
        labels = {"backup.url": f"s3://user:{password}@backup.example.com/x"}
        shop.compose({"web": shop.service("sleep", "1000", labels=labels, healthcheck=check)})

    version(PLANTED)
    shop.deploy()
    version(f"{PLANTED}-2")
    assert "its definition changed: healthcheck (its content), labels (its content)" in " ".join(
        shop.deploy("--dry-run").stdout.split()
    )
    shop.deploy()
    done = shop.dockworthy("rollback", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    (container,) = shop.containers("web").values()
    facts = shop.engine.inspect(container)
    assert facts["Config"]["Labels"]["backup.url"] == f"s3://user:{PLANTED}@backup.example.com/x"
    assert facts["Config"]["Healthcheck"]["Test"][1] == f"true # curl -u admin:{PLANTED} http://127.0.0.1/"
    folder = shop.state / "releases" / shop.name
    records = [each.read_text() for each in folder.glob("*.json")]
    assert len(records) == 3 and not any(PLANTED in text for text in records)
    for kept in folder.glob("versions/*/*"):
        assert kept.stat().st_mode & 0o077 == 0
    for said in (done, shop.dockworthy("releases", "--format", "json"), shop.dockworthy("releases", "status")):
        assert PLANTED not in said.stdout + said.stderr
