"""A rollback on a swarm ships what a record says: what nobody judged, or somebody who is no admin may have written,
is asked about first."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from deploy.swarm.stacks import Stack

pytestmark = pytest.mark.engine


def said(shop: Stack, *arguments: str, status: int = 1) -> str:
    done = shop.dockworthy(*arguments)
    assert done.returncode == status, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def shipped(shop: Stack) -> None:
    for number in (1, 2):
        shop.compose({"web": shop.service(environment={"A": str(number)}), "db": shop.service()})
        shop.deploy()


def record(shop: Stack, number: int) -> tuple[dict[str, Any], dict[str, str]]:
    name = f"{shop.name}_dockworthy.release.{number}"
    (found,) = json.loads(shop.engine.docker("config", "inspect", name).stdout)
    return json.loads(base64.b64decode(found["Spec"]["Data"])), found["Spec"]["Labels"]


def forge(shop: Stack, number: int, **web: Any) -> None:
    """A release that anybody writes who may write configs: release 2, with another service `web`."""
    written, labels = record(shop, 2)
    written["number"] = number
    written["spec"]["services"]["web"] |= web
    written["services"]["web"]["spec_hash"] = "0" * 64
    kept = {**labels, "dockworthy.number": str(number), "dockworthy.outcome": '{"state":"kept"}'}
    kept.pop("dockworthy.of-admins")
    words = [word for key, value in kept.items() for word in ("--label", f"{key}={value}")]
    name = f"{shop.name}_dockworthy.release.{number}"
    shop.engine.docker("config", "create", *words, name, "-", input=json.dumps(written).encode())


def mounts(shop: Stack) -> str:
    service = shop.engine.docker("service", "inspect", f"{shop.name}_web", "--format", "{{json .Spec}}")
    return service.stdout.decode()


BIND = {"volumes": [{"type": "bind", "source": "/etc", "target": "/host"}]}


def test_a_forged_release_is_asked_about(shop: Stack) -> None:
    shipped(shop)
    forge(shop, 7, **BIND, cap_add=["SYS_ADMIN"])
    asked = said(shop, "rollback", "7", "--yes")
    assert "may have been written by somebody who is no admin" in asked and "mounts /etc of the host" in asked
    assert "--accept web:host" in asked and "--accept web:controls" in asked and "capabilities" in asked
    assert "--accept web:controls" in said(shop, "rollback", "7", "--yes", "--accept", "web:host")
    assert "/host" not in mounts(shop)
    accepts = ("--accept", "web:host", "--accept", "web:controls")
    assert "replace web" in said(shop, "rollback", "7", "--dry-run", *accepts, status=0), "in need it is possible"


def test_what_a_swarm_is_never_given_is_refused(shop: Stack) -> None:
    shipped(shop)
    forge(shop, 7, privileged=True)
    assert "a swarm has no privileged" in said(shop, "rollback", "7", "--yes", status=2)


def test_services_that_are_not_named_come_from_no_forged_release(shop: Stack) -> None:
    """A record of root's would hold them from then on."""
    shipped(shop)
    forge(shop, 7, **BIND)
    shop.compose({"web": shop.service(), "db": shop.service(environment={"B": "1"})})
    assert "--accept web:host" in said(shop, "deploy", "db", "--yes")


def test_a_sound_release_that_no_admin_wrote_comes_back_without_a_question(shop: Stack) -> None:
    shipped(shop)
    forge(shop, 7, environment={"A": "7"})
    assert "replace web" in said(shop, "rollback", "7", "--dry-run", status=0)


def test_what_was_accepted_then_comes_back_and_what_was_not_is_asked(shop: Stack) -> None:
    """An exception that is gone since counts for what it let pass; a policy that got stricter is asked about."""
    exception = {
        "control": "workload/host-mounts", "subject": "web", "reason": "backup", "owner": "o", "expires": "2999-01-01"
    }  # fmt: skip
    policy: dict[str, Any] = {"level": "baseline", "exceptions": [exception]}
    shop.write("dockworthy.yaml", {"policy": policy, "deploy": {"observe": "0s"}})
    shop.compose({"web": shop.service(**BIND)})
    shop.deploy()
    shop.compose({"web": shop.service()})
    shop.deploy()
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": {"observe": "0s"}})
    said(shop, "rollback", "--yes", status=0)
    shop.write("dockworthy.yaml", {"policy": {"level": "restricted"}, "deploy": {"observe": "0s"}})
    asked = said(shop, "rollback", "2", "--yes")
    assert "nobody accepted this when release 2 was shipped" in asked and "--accept web:controls" in asked
    said(shop, "rollback", "2", "--yes", "--accept", "web:controls", status=0)
