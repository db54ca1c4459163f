"""What is named on the command line and is not there is an error with the nearest name, never passed over."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from deploy.composed import composed
from dockworthy.cli.deploying import _images
from dockworthy.deploy import other_projects, record_gate
from dockworthy.deploy.desired import shipped_services
from dockworthy.deploy.names import ANSWERS, refuse_strange_names, settings_in
from dockworthy.deploy.planning import questions
from dockworthy.deploy.rendering import Rendered
from dockworthy.errors import UsageError
from dockworthy.fix.verify.probes import probes_from
from dockworthy.model.deploy_settings import DeploySettings, Environment

SPEC = composed(services={"web": {}, "db": {}, "migrate": {}, "debug": {}}, volumes={"data": {}})


def said(**more: Any) -> None:
    given: dict[str, Any] = {"services": (), "images": (), "accepted": (), **more}
    refuse_strange_names(SPEC, shipped=("web", "db", "migrate"), always=("migrate",), **given)


@pytest.mark.parametrize(
    ("given", "says", "hint"),
    [
        (
            {"images": ["wbe"]},
            "--image wbe=…: there is no service 'wbe'",
            "did you mean web? compose.yaml has: db,",
        ),
        ({"images": ["debug"]}, "debug belongs to a profile that is not active", "COMPOSE_PROFILES"),
        ({"images": ["db"], "services": ["web"]}, "only web is deployed", "dockworthy deploy web db"),
        ({"services": ["wbe"]}, "there is no service 'wbe'", "did you mean web?"),
        ({"accepted": ["dta:empty"]}, "there is no service or volume 'dta'", "did you mean data?"),
        ({"accepted": ["data:emty"]}, "answers no question", "NAME:empty"),
        ({"accepted": ["data"]}, "answers no question", "NAME:by-hand"),
        ({"accepted": ["old:host"]}, "there is no service or volume 'old'", ""),
        ({"accepted": ["old:empty"], "services": ["web"]}, "there is no service or volume 'old'", ""),
    ],
)
def test_a_strange_name_is_refused(given: dict[str, Any], says: str, hint: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)) as refused:
        said(**given)
    assert hint in refused.value.hint and refused.value.exit_status == 2


def test_names_that_are_there_pass() -> None:
    said(images=["web", "db"], accepted=["data:empty", "web:by-hand"])
    said(services=["web"], images=["web", "migrate"])
    said(services=["web"], accepted=["old:host", "old:controls"])  # of the last release, which the files have no longer


def test_every_answer_that_a_question_asks_for_is_known() -> None:
    sources = "".join(inspect.getsource(module) for module in (questions, other_projects, record_gate))
    asked = re.findall(r"accept=f\"\{\w+\}:([a-z-]+)\"", sources)
    assert sorted(asked) == sorted(ANSWERS)


def test_an_image_is_said_once() -> None:
    with pytest.raises(UsageError, match="names web twice"):
        _images(["web=a", "web=b"])


def test_an_environment_that_is_not_there() -> None:
    with pytest.raises(UsageError) as refused:
        settings_in(DeploySettings(environments={"staging": Environment()}), "stagin")
    assert "did you mean staging?" in refused.value.hint


@pytest.mark.parametrize("text", ["wbe=true", "wbe=http://127.0.0.1/"])
def test_a_probe_of_a_service_that_is_not_there(text: str) -> None:
    """As a command of the only service, `wbe=true` would set a variable, and succeed."""
    with pytest.raises(UsageError, match="there is no service 'wbe'"):
        probes_from([text], {"web": {}}, ["web"])
    (probe,) = probes_from(["PGPASSWORD=x psql"], {"web": {}}, ["web"])
    assert probe.service == "web"


@pytest.mark.parametrize(
    ("name", "is_taken"), [("--build", False), ("-x", False), ("..", False), ("a..b", True), ("_x", True)]
)
def test_a_service_is_called_nothing_that_a_program_takes_for_an_option_or_a_folder(name: str, is_taken: bool) -> None:
    spec = composed(name="shop", services={name: {"image": "i"}})
    rendered = Rendered(project="shop", spec=spec, hashes={}, active=(name,), files=(), folder="/")
    if is_taken:
        assert shipped_services(rendered, DeploySettings()) == (name,)
        return
    with pytest.raises(UsageError, match="which programs take for an option or a folder"):
        shipped_services(rendered, DeploySettings())
