"""What is asked before a recorded release is shipped again, without an engine."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec import structs

from deploy.composed import composed
from deploy.store_suite import release
from dockworthy.deploy.preparing import Prepared
from dockworthy.deploy.record_gate import accepted_then, let_pass_again, record_questions, signature_questions
from dockworthy.deploy.signatures import ToVerify
from dockworthy.model.before_deploy import SignedImages
from dockworthy.model.deploy_settings import DeploySettings, Edge, Route
from dockworthy.model.finding import Evidence, Finding, Outcome
from dockworthy.model.levels import Level, Severity
from dockworthy.model.release import GateFinding, Release, ShippedService
from dockworthy.model.rollout import Desired

ROUTES = (Route(host="shop.example.com", service="web", port=8000),)


def asked(
    shipped: Release,
    *findings: Finding,
    doubted: bool = True,
    theirs: Any = None,
    accepted: Any = (),
    name: str = "shop",
    routes: bool = True,
) -> list[str]:
    spec = composed({"name": name, **shipped.spec.to_json()})
    desired = Desired(project="shop", spec=spec, services=shipped.services)
    settings = theirs or DeploySettings()
    prepared = Prepared(desired=desired, recorded=spec, versions={}, settings=settings)
    asks = record_questions(
        shipped, prepared, findings, accepted=accepted, not_by_admins=doubted,
        settings=DeploySettings(routes=ROUTES) if routes else None, services=["web"],
    )  # fmt: skip
    return [each.accept for each in asks]


def of_web(spec: dict[str, Any], **parts: Any) -> Release:
    return release(7, spec={"services": {"web": {"image": "x", **spec}}, **parts})


BEYOND: dict[str, Release] = {
    "a folder of the host": of_web({"volumes": [{"type": "bind", "source": "/etc", "target": "/host"}]}),
    "a template": of_web({"volumes": [{"type": "volume", "source": "{{.Node.Hostname}}", "target": "/x"}]}),
    "a volume that binds": of_web(
        {"volumes": [{"type": "volume", "source": "v", "target": "/x"}]},
        volumes={"v": {"name": "shop_v", "driver_opts": {"type": "none", "o": "bind", "device": "/etc"}}},
    ),
    "a volume of a driver": of_web(
        {"volumes": [{"type": "volume", "source": "v", "target": "/x"}]}, volumes={"v": {"driver": "other"}}
    ),
    "the host's network": of_web({"networks": {"n": None}}, networks={"n": {"name": "host", "external": True}}),
    "a key of the edge": of_web(
        {"secrets": [{"source": "s", "target": "s"}]}, secrets={"s": {"name": "Dockworthy-Edge.0.0", "external": True}}
    ),
    "a secret of others": of_web(
        {"secrets": [{"source": "s", "target": "s"}]}, secrets={"s": {"name": "bank_pw", "external": True}}
    ),
    "a log driver": of_web({"logging": {"driver": "syslog"}}),
}


@pytest.mark.parametrize("what", BEYOND)
def test_what_a_guard_would_refuse_its_writer_is_asked(what: str) -> None:
    assert asked(BEYOND[what]) == ["web:host"]
    assert asked(BEYOND[what], doubted=False) == [], "an admin's deploy was asked when it was shipped"


def test_a_sound_one_that_no_admin_wrote_is_not_asked_about() -> None:
    own = of_web(
        {"volumes": [{"type": "volume", "source": "v", "target": "/x"}], "secrets": [{"source": "s-0", "target": "s"}],
         "networks": {"default": None}},
        volumes={"v": {"name": "shop_v"}}, secrets={"s-0": {"name": "shop_s-0", "external": True}},
    )  # fmt: skip
    assert asked(own) == []
    assert asked(own, name="bank") == ["web:host"], "it says that it is of another project"


def test_routes_that_are_not_in_the_persons_own_file_are_asked_about() -> None:
    for settings, wanted in (
        (DeploySettings(routes=ROUTES), []),
        (DeploySettings(routes=(structs.replace(ROUTES[0], host="bank.example.com"),)), ["web:routes"]),
        (DeploySettings(routes=ROUTES, edge=Edge(image="evil")), ["web:routes"]),
    ):
        assert asked(of_web({}), theirs=settings) == wanted
        assert asked(of_web({}), theirs=settings, doubted=False) == []
        assert asked(of_web({}), theirs=settings, routes=False) == [], "a deploy of one service ships none of them"


def failing(control: str, subject: str = "/tmp/x/compose.yaml#web") -> Finding:
    return Finding(
        control=control, title="t", severity=Severity.HIGH, subject=subject, outcome=Outcome.FAIL, kind="service",
        level=Level.BASELINE, demand="isolation", evidence=(Evidence(says="it is so"),),
    )  # fmt: skip


def test_what_was_accepted_when_it_was_shipped_is_not_asked_again() -> None:
    then = GateFinding(control="workload/host-mounts", subject="compose.yaml#web:/etc", outcome="excepted")
    shipped = structs.replace(of_web({}), findings=(then,))
    again, new = failing("workload/host-mounts", "compose.yaml#web:/etc"), failing("workload/capabilities")
    accepted = accepted_then(shipped, [shipped])
    assert asked(shipped, again, doubted=False, accepted=accepted) == []
    assert asked(shipped, again, new, doubted=False, accepted=accepted) == ["web:controls"]
    assert asked(shipped, failing("workload/pinned-image"), doubted=False) == [], "a release is pinned itself"
    assert asked(shipped, again, accepted=accepted_then(shipped, [])) == ["web:controls"], "nobody believes its record"


def test_a_rollback_of_a_rollback_knows_what_was_accepted() -> None:
    then = GateFinding(control="workload/host-mounts", subject="compose.yaml#web", outcome="excepted")
    first = structs.replace(release(1), findings=(then,))
    assert accepted_then(release(3, returns_to=1), [first, release(2), release(3, returns_to=1)]) == (then,)
    kept = let_pass_again([failing("workload/host-mounts"), failing("workload/capabilities")], (then,))
    assert [(each.control, each.subject, each.outcome) for each in kept] == [
        ("workload/host-mounts", "compose.yaml#web", "excepted"),
        ("workload/capabilities", "compose.yaml#web", "excepted"),
    ]


def signatures_asked(
    shipped: Release, *images: str, doubted: bool = False, accepted: Any = (), unsigned: bool = True
) -> tuple[list[str], tuple[GateFinding, ...], list[str]]:
    """What is asked, what goes into the record, and of which images cosign was asked."""
    verified: list[str] = []

    async def why(wanted: ToVerify) -> str:
        verified.append(wanted.image)
        return f"{wanted.subject} has no signature" if unsigned else ""

    demanded = (SignedImages("cosign.pub", images or ("*",)),)
    found = asyncio.run(
        signature_questions(shipped, demanded, shipped.services, accepted=accepted, not_by_admins=doubted, why=why)
    )
    return [each.accept for each in found.questions], found.findings, verified


DIGEST = f"registry.example.com/shop@sha256:{'a' * 64}"
OLD = structs.replace(
    release(7),
    services={
        name: ShippedService(reference="registry.example.com/shop:1", image=DIGEST, image_id="i", spec_hash="h")
        for name in ("web", "worker")
    },
)


def test_an_image_that_nobody_verified_is_asked_about_before_it_comes_back() -> None:
    """The policy demands signatures since: a deploy of it would be refused."""
    questions, findings, verified = signatures_asked(OLD)
    assert questions == ["web:signature", "worker:signature"] and verified == [DIGEST]
    assert [(each.control, each.outcome) for each in findings] == [("before-deploy/signature", "excepted")]
    assert signatures_asked(OLD, unsigned=False)[0] == []
    assert signatures_asked(OLD, "*", "!registry.example.com/*") == ([], (), [])
    assert signatures_asked(OLD, "other/*") == ([], (), [])


@pytest.mark.parametrize("unsigned", [True, False])
def test_what_was_verified_or_accepted_before_is_not_asked_of_a_registry_that_may_be_away(unsigned: bool) -> None:
    _, findings, _ = signatures_asked(OLD, unsigned=unsigned)
    assert signatures_asked(OLD, accepted=findings) == ([], findings, [])
    other = structs.replace(findings[0], subject="web: else", says=f"{DIGEST[:-1]}b is signed")
    assert signatures_asked(OLD, accepted=[other])[0] == ["web:signature", "worker:signature"]


def test_an_exception_of_then_holds_and_a_name_that_others_wrote_does_not() -> None:
    excepted = GateFinding(
        control="before-deploy/signature", subject="web, worker: registry.example.com/shop:1", outcome="excepted",
        says="by '!registry.example.com/*'",
    )  # fmt: skip
    assert signatures_asked(OLD, accepted=[excepted])[0] == []
    named = structs.replace(OLD, services={"web": structs.replace(OLD.services["web"], reference="postgres:17")})
    assert signatures_asked(named, "*", "!postgres:*")[0] == []
    assert signatures_asked(named, "*", "!postgres:*", doubted=True)[0] == ["web:signature"]
