"""`deploy SERVICE`: the others stay as the last release shipped them, with the contents that they have."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from deploy.composed import composed
from deploy.planning.projects import desired, release
from dockworthy.deploy.planning.causes import earlier
from dockworthy.deploy.preparing import Prepared, with_other_contents
from dockworthy.deploy.rendering import Rendered
from dockworthy.deploy.secret_versions import used_versions
from dockworthy.deploy.service_subset import only_services
from dockworthy.model.deploy_settings import DeploySettings

TOKEN = "environment.web.TOKEN"
FIRST, SECOND = "0123456789ab", "ba9876543210"
"""Versions of a content."""


def web(version: str) -> dict[str, Any]:
    return {"environment": {"TOKEN": f"dockworthy.version:{TOKEN}"}, "secrets": [{"source": f"pw-{version}"}]}


def files(*sources: str) -> dict[str, Any]:
    """The definitions of these uses, as a host's store has them."""
    return {each: {"file": f"/state/versions/secrets.{each[:-13]}/{each[-12:]}"} for each in sources}


LAST = structs.replace(
    release(web="web:1", worker="worker:1"),
    spec=composed(services={"web": web(FIRST), "worker": {}}, secrets=files(f"pw-{FIRST}")),
    versions={TOKEN: "old", "secrets.pw": FIRST},
)


def shipped_alone(*mounts: str) -> Prepared:
    """A release of the worker, which mounts these, after all contents became other ones."""
    worker = {"secrets": [{"source": each} for each in mounts]}
    versions = {TOKEN: "new", "secrets.pw": SECOND, "secrets.own": SECOND}
    secrets = files(f"pw-{SECOND}", f"own-{SECOND}")
    recorded = composed(services={"web": web(SECOND), "worker": worker}, secrets=secrets)
    prepared = Prepared(
        desired=desired(web=web(SECOND), worker=worker), recorded=recorded, versions=versions, settings=DeploySettings()
    )
    return only_services(prepared, ["worker"], LAST, LAST.spec)


def test_what_is_left_keeps_its_contents_whatever_the_files_hold_now() -> None:
    assert shipped_alone(f"own-{SECOND}").versions == {TOKEN: "old", "secrets.pw": FIRST, "secrets.own": SECOND}


def test_a_secret_that_both_mount_has_two_versions_and_both_are_needed() -> None:
    found = shipped_alone(f"pw-{SECOND}")
    used = used_versions(found.versions, found.recorded)
    assert used == {(TOKEN, "old"), ("secrets.pw", FIRST), ("secrets.pw", SECOND)}

    now = structs.replace(LAST, spec=found.recorded, versions=found.versions)
    files_now = composed(services={"web": web(SECOND), "worker": {}}, secrets=files(f"pw-{SECOND}"))
    known = earlier([], now, files_now, {TOKEN: "old", "secrets.pw": SECOND})
    assert known is not None and known.keys["web"] == ("secrets.pw (its content)",)
    uses = {"secrets": [{"source": "pw"}]}
    rendered = Rendered(
        project="shop", spec=composed(services={"web": uses, "worker": uses}), hashes={}, active=(), files=(), folder=""
    )
    assert with_other_contents(rendered, {"secrets.pw": SECOND}, now) == {"web"}, "the worker has the new one"


def test_an_external_secret_with_a_hyphen_is_no_version_of_another_one() -> None:
    """`db-ro` beside a managed `db`, which did not change."""
    uses = [{"source": f"db-{FIRST}"}, {"source": "db-ro"}, {"source": "db-ffffffffffff"}]
    external = {"db-ro": {"name": "db-ro", "external": True}, "db-ffffffffffff": {"name": "x", "external": True}}
    spec = composed(services={"web": {"secrets": uses}}, secrets=files(f"db-{FIRST}") | external)
    last = structs.replace(release(web="web:1"), spec=spec, versions={"secrets.db": FIRST})
    assert used_versions(last.versions, last.spec) == {("secrets.db", FIRST)}
    known = earlier([], last, spec, last.versions)
    assert known is not None and known.keys["web"] == ()
    written = {"secrets": [{"source": "db"}, {"source": "db-ro"}, {"source": "db-ffffffffffff"}]}
    rendered = Rendered(
        project="shop", spec=composed(services={"web": written}), hashes={}, active=(), files=(), folder=""
    )
    assert with_other_contents(rendered, last.versions, last) == frozenset()
    changed = composed(spec.to_json(), services={"web": {"secrets": uses[1:]}})
    less = earlier([], last, changed, last.versions)
    assert less is not None and less.keys["web"] == ("secrets.db",)
