"""Why a service differs: keys by their names, never by their values; and what no release made so."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from deploy.composed import composed
from dockworthy.deploy.planning.causes import EarlierReleases, earlier
from dockworthy.deploy.planning.plan import plan_of
from dockworthy.model.compose_project import ComposeProject
from dockworthy.model.release import Release, ShippedService
from dockworthy.model.rollout import RolloutPlan

from .projects import NEW, OLD, desired, release, running, task

WEB = {"image": OLD, "environment": {"COLOUR": "blue", "TOKEN": "dockworthy.version:environment.web.TOKEN"}}


def before(**versions: str) -> Release:
    return structs.replace(release(web="web:1"), spec=composed(services={"web": WEB}), versions=versions)


def keys(now: dict[str, Any], **versions: str) -> tuple[str, ...]:
    found = earlier([], before(), composed(services={"web": now}), versions)
    assert found is not None
    return found.keys["web"]


def plan(known: EarlierReleases | None, *, hash: str = "old", accepted: tuple[str, ...] = ()) -> RolloutPlan:
    return plan_of(
        desired(web={}), running(task("web", spec_hash=hash)), number=8, last=None, known=known, accepted=accepted
    )


def test_what_changed_is_named_and_no_value_is_shown() -> None:
    assert keys(WEB) == ()
    now = {**WEB, "environment": {"COLOUR": "red", "NEW": "1"}, "healthcheck": {"interval": "1s"}, "user": "1000"}
    found = keys(now)
    assert found == ("environment.COLOUR", "environment.NEW", "environment.TOKEN", "healthcheck.interval", "user")
    assert keys({**WEB, "depends_on": {"db": {}}}) == (), "the order recreates no container"


def test_another_content_of_a_secret_is_a_change_and_another_version_in_a_key_is_none() -> None:
    one, other = "0123456789ab", "ba9876543210"

    def mounting(version: str) -> ComposeProject:
        uses = [{"source": f"pw-{version}", "target": "pw"}]
        stored = {f"pw-{version}": {"file": f"/state/versions/secrets.pw/{version}"}}
        return composed(services={"web": {**WEB, "secrets": uses}}, secrets=stored)

    versions = {"secrets.pw": one, "environment.web.TOKEN": "1"}
    last = structs.replace(before(), spec=mounting(one), versions=versions)
    found = earlier([], last, mounting(other), {"secrets.pw": other, "environment.web.TOKEN": "2"})
    assert found is not None
    assert found.keys["web"] == ("environment.TOKEN (its content)", "secrets.pw (its content)")


def test_the_plan_says_what_changed_and_what_was_changed_by_hand() -> None:
    known = EarlierReleases(number=7, keys={"web": ("image", "user")}, hashes={"web": frozenset({"old", "older"})})
    (step,) = plan(known).steps
    assert step.causes == ("image aaaaaaaaaaaa -> web:2 (bbbbbbbbbbbb)", "its definition changed: user")
    asked = plan(known, hash="by compose up")
    assert "changed by hand since release 7" in asked.steps[0].causes
    (question,) = asked.questions
    assert question.accept == "web:by-hand" and "web-1 was changed by hand since release 7" in question.says
    two = running(*(task("web", number, spec_hash="by compose up") for number in (1, 2)))
    (question,) = plan_of(desired(web={}), two, number=8, last=None, known=known).questions
    assert "shop-web-1, shop-web-2 were changed by hand since release 7" in question.says
    assert not plan(known, hash="by compose up", accepted=("web:by-hand",)).questions
    assert not plan(structs.replace(known, asks=False), hash="by compose up").questions, "a rollback is an answer"


def test_of_what_was_never_shipped_nobody_says_that_it_was_changed() -> None:
    known = EarlierReleases(number=7, hashes={"db": frozenset({"old"})})
    assert not plan(known, hash="by compose up").questions and not plan(None).questions


def test_all_that_any_record_holds_was_made_by_a_release() -> None:
    shipped = ShippedService(reference="web:1", image=OLD, image_id=OLD, spec_hash="a", equal_hashes=("b",))
    releases = [structs.replace(before(), services={"web": shipped}), before()]
    known = earlier(releases, releases[-1], composed(), {})
    assert known is not None and known.hashes["web"] == {"a", "b", "old"}
    assert earlier(releases, None, composed(), {}) is None and NEW != OLD
