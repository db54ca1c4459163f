"""`deploy SERVICE`: the others stay as the last release shipped them, with the contents that they have."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from deploy.planning.projects import desired, release
from dockworthy.deploy.hashes import with_other_contents
from dockworthy.deploy.narrowing import narrowed
from dockworthy.deploy.planning.causes import earlier
from dockworthy.deploy.preparing import Prepared
from dockworthy.deploy.rendering import Rendered
from dockworthy.deploy.secret_versions import used_versions
from dockworthy.model.deploy_settings import DeploySettings

TOKEN = "environment.web.TOKEN"


def web(version: str) -> dict[str, Any]:
    return {"environment": {"TOKEN": f"dockworthy.version:{TOKEN}"}, "secrets": [{"source": f"pw-{version}"}]}


LAST = structs.replace(
    release(web="web:1", worker="worker:1"),
    spec={"services": {"web": web("old"), "worker": {}}},
    versions={TOKEN: "old", "secrets.pw": "old"},
)


def shipped_alone(*mounts: str) -> Prepared:
    """A release of the worker, which mounts these, after all contents became other ones."""
    worker = {"secrets": [{"source": each} for each in mounts]}
    versions = {TOKEN: "new", "secrets.pw": "new", "secrets.own": "new"}
    recorded = {"services": {"web": web("new"), "worker": worker}}
    prepared = Prepared(
        desired=desired(web=web("new"), worker=worker), recorded=recorded, versions=versions, settings=DeploySettings()
    )
    return narrowed(prepared, ["worker"], LAST, LAST.spec)


def test_what_is_left_keeps_its_contents_whatever_the_files_hold_now() -> None:
    assert shipped_alone("own-new").versions == {TOKEN: "old", "secrets.pw": "old", "secrets.own": "new"}


def test_a_secret_that_both_mount_has_two_versions_and_both_are_needed() -> None:
    found = shipped_alone("pw-new")
    used = used_versions(found.versions, found.recorded)
    assert used == {(TOKEN, "old"), ("secrets.pw", "old"), ("secrets.pw", "new")}

    now = structs.replace(LAST, spec=found.recorded, versions=found.versions)
    known = earlier([], now, {"services": {"web": web("new"), "worker": {}}}, {TOKEN: "old", "secrets.pw": "new"})
    assert known is not None and known.keys["web"] == ("secrets.pw (its content)",)
    uses = {"secrets": [{"source": "pw"}]}
    rendered = Rendered(
        project="shop", spec={"services": {"web": uses, "worker": uses}}, hashes={}, active=(), files=(), folder=""
    )
    assert with_other_contents(rendered, {"secrets.pw": "new"}, now) == {"web"}, "the worker has the new one"
