"""What costs least is asked first; what refuses ends it; a dry run runs nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.composed import composed
from dockworthy.deploy.gate import DeployGate, GateAnswer
from dockworthy.deploy.host_gate import HOST, JudgedHost, finding_of
from dockworthy.deploy.options import DeployOptions
from dockworthy.deploy.signatures import ToVerify, why_unsigned
from dockworthy.errors import UsageError
from dockworthy.model.before_deploy import BeforeDeploy as Policy
from dockworthy.model.before_deploy import MustPass, SignedImages
from dockworthy.model.deploy_settings import DeploySettings
from dockworthy.model.levels import Level
from dockworthy.model.policy import Policy as WholePolicy
from dockworthy.model.policy import ProjectFile
from dockworthy.model.release import GateFinding, ShippedService
from dockworthy.model.result import Answer, Verdict
from dockworthy.model.rollout import Desired

BUILT = ShippedService(reference="shop:1", image="sha256:b", image_id="sha256:b", spec_hash="h")


class Host:
    """Its verdict is there at once."""

    def __init__(self, answer: Answer, *open: str) -> None:
        self.judged = JudgedHost(Verdict(answer, ("a port is open",)), open)
        self.begun = False
        self.ways = {"this host": "ssh://root@shop"}

    def begin(self) -> None:
        self.begun = True

    async def findings(self, *, everywhere: bool) -> tuple[GateFinding, ...]:
        return (finding_of("this host", Level.BASELINE, self.judged),)


def answered(
    folder: Path,
    policy: Policy,
    host: Host | None = None,
    *,
    dry_run: bool = False,
    said: list[str] | None = None,
    only: Sequence[str] = (),
) -> GateAnswer:
    asked = DeployOptions(
        endpoint="ssh://root@shop",
        folder=folder,
        project=ProjectFile(policy=WholePolicy(before_deploy=policy)),
        settings=DeploySettings(),
        level=Level.BASELINE,
        services=tuple(only),
        dry_run=dry_run,
    )
    desired = Desired(project="shop", spec=composed(), services={"web": BUILT, "db": BUILT})
    files = [str(folder / "compose.yaml")]
    say = (said if said is not None else []).append
    gate = DeployGate(asked, files, desired, host or Host(Answer.YES), say)  # type: ignore[arg-type]
    return asyncio.run(gate.answered())


def test_an_image_of_no_registry_is_refused_before_a_test_is_run(tmp_path: Path) -> None:
    policy = Policy(signatures=(SignedImages("cosign.pub"),), tests=("touch ran",))
    (why,) = answered(tmp_path, policy).refused
    assert why.startswith("db, web: shop:1 was built or loaded on the engine") and '"!shop:1"' in why
    assert not (tmp_path / "ran").exists()
    excepted = answered(tmp_path, Policy(signatures=(SignedImages("cosign.pub", ("*", "!shop:*")),)))
    assert not excepted.refused and [each.outcome for each in excepted.findings] == ["excepted"]


@pytest.mark.parametrize(
    ("answer", "open", "refused"),
    [
        (Answer.YES, (), ""),
        (Answer.ACCEPTED, (), ""),
        (Answer.NOT_YET, (), "not fit for production: a port is open (level baseline)"),
        (Answer.UNDECIDED, ("read it as root", "and more"), "undecided: read it as root, and 1 more"),
    ],
)
def test_the_host_is_demanded(tmp_path: Path, answer: Answer, open: tuple[str, ...], refused: str) -> None:
    found = answered(tmp_path, Policy(host=Level.BASELINE), Host(answer, *open))
    assert (refused in "".join(found.refused)) and bool(found.refused) is bool(refused)
    if refused:
        assert "`dockworthy assess --level baseline --host ssh://root@shop`" in found.refused[0]
    else:
        assert [each.control for each in found.findings] == [HOST]


def test_a_host_that_is_not_demanded_is_told_and_not_waited_for(tmp_path: Path) -> None:
    host = Host(Answer.NOT_YET)
    assert answered(tmp_path, Policy(), host) == GateAnswer() and host.begun
    dry = answered(tmp_path, Policy(), Host(Answer.NOT_YET), dry_run=True)
    assert dry.notes == ("this host: not fit for production: a port is open (level baseline)",) and not dry.refused


def test_commands_are_run_in_order_until_one_fails(tmp_path: Path) -> None:
    said: list[str] = []
    tests = ("touch first", MustPass("echo broken; exit 3", shell=True), "touch never")
    (why,) = answered(tmp_path, Policy(tests=tests), said=said).refused
    assert f"`echo broken; exit 3`, run in {tmp_path}, ended with status 3" in why and "  broken" in said
    assert (tmp_path / "first").exists() and not (tmp_path / "never").exists()
    good = answered(tmp_path, Policy(tests=("true",)))
    assert [(each.subject, each.outcome) for each in good.findings] == [("true", "pass")] and good.waited


def test_a_dry_run_names_them_and_runs_none(tmp_path: Path) -> None:
    notes = answered(tmp_path, Policy(tests=("touch ran",)), dry_run=True).notes
    assert "would be run before: touch ran" in notes and not (tmp_path / "ran").exists()


def test_a_command_knows_the_images_that_will_run(tmp_path: Path) -> None:
    told = MustPass('printf %s "$DOCKWORTHY_IMAGES" >told', shell=True)
    answered(tmp_path, Policy(tests=(told,)), only=("web",))
    assert json.loads((tmp_path / "told").read_text()) == {"web": "sha256:b"}


def test_what_changes_while_it_is_tested_is_not_shipped(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    changes = MustPass("echo '#' >>compose.yaml", shell=True)
    (why,) = answered(tmp_path, Policy(tests=(changes,))).refused
    assert "files changed while its tests ran" in why


def test_no_key_and_no_cosign(tmp_path: Path) -> None:
    image = ToVerify(("web",), "shop:1", "shop@sha256:a", (str(tmp_path / "cosign.pub"),))
    with pytest.raises(UsageError, match=r"there is no key .*cosign\.pub"):
        asyncio.run(why_unsigned(image))
    (tmp_path / "cosign.pub").touch()
    why = asyncio.run(why_unsigned(image, environ={"PATH": str(tmp_path)}))
    assert "cosign is not installed on this machine (`apt-get install cosign`)" in why
