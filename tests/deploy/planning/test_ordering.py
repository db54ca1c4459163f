"""What others depend on comes first; jobs before all that does not serve them."""

from __future__ import annotations

import pytest

from deploy.composed import composed
from dockworthy.deploy.planning.plan import in_order
from dockworthy.errors import UsageError
from dockworthy.model.compose_project import ComposeProject


def spec(**needs: list[str]) -> ComposeProject:
    return composed(services={name: {"depends_on": {each: {} for each in of_one}} for name, of_one in needs.items()})


def test_each_follows_those_it_depends_on() -> None:
    assert in_order(spec(web=["api"], api=["db"], db=[]), ["web", "api", "db"]) == ("db", "api", "web")


def test_a_job_comes_after_what_it_needs_and_before_all_others() -> None:
    written = spec(db=[], cache=["db"], migrate=["cache"], api=[], web=["api"])
    assert in_order(written, written.services, ["migrate"]) == ("db", "cache", "migrate", "api", "web")


def test_what_is_not_shipped_now_is_not_waited_for() -> None:
    assert in_order(spec(web=["db"], db=[]), ["web"]) == ("web",)


def test_a_circle_is_named() -> None:
    with pytest.raises(UsageError, match=r"circle: .*a.*b"):
        in_order(spec(a=["b"], b=["a"]), ["a", "b"])
