"""HAProxy is recreated of the distribution's package: the edge is away for a moment, which is measured; what does not
run is put back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import msgspec
import pytest

from deploy.edge.clients import ask, until_status
from deploy.edge.conftest import EdgeHere
from dockworthy.deploy.edge.image import EdgeImage
from dockworthy.deploy.edge.planned_change import AWAY
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.deploy.edge.updating import Updated, Updater
from dockworthy.engine.site import Site
from dockworthy.errors import EngineError
from dockworthy.model.deploy_settings import Route
from machines.program import run_dockworthy
from patience import patience

pytestmark = pytest.mark.engine

HOST = "updated.example.com"
PROXY = "dockworthy-edge-proxy-1"


@pytest.fixture(scope="module")
def serving(here: EdgeHere) -> Iterator[EdgeHere]:
    here.do(lambda edge, _: edge.ensure(here.routes("updated", Route(HOST, "web", 8000))))
    here.app("u1", "web.updated")
    yield here
    here.remove("u1", seconds=0)
    here.do(lambda edge, _: edge.remove("updated"))


def _runs_an_older_one(here: EdgeHere) -> tuple[str, str]:
    """As if the distribution had had another package: the same in another image. Its id after an older one's."""
    folder = here.state / "edge"
    image = msgspec.json.decode((folder / "image.json").read_bytes(), type=EdgeImage)
    tag = here.engine.docker("image", "inspect", "--format", "{{index .RepoTags 0}}", image.runs).stdout.decode()
    oldest, id = (_labelled(here, tag, f"age={age}") for age in ("oldest", "older"))
    older = msgspec.structs.replace(image, runs=id, version="3.0.1-1")
    (folder / "image.json").write_bytes(msgspec.json.encode(older))
    here.do(lambda edge, _: edge.ensure(here.routes("updated", Route(HOST, "web", 8000))))
    assert here.engine.inspect(PROXY)["Image"] == id
    return oldest, id


def _labelled(here: EdgeHere, tag: str, label: str) -> str:
    """Another image of the same. Its id."""
    build = ("build", "--quiet", "--label", label, "-")
    return here.engine.docker(*build, input=f"FROM {tag}\n".encode()).stdout.decode().strip()


async def _without_answer(here: EdgeHere, work: asyncio.Task[Updated]) -> float:
    """Seconds between the last answer before and the first one after; asked until `work` and 20 answers have been."""
    clock = asyncio.get_running_loop().time
    longest, last, after = 0.0, clock(), 0
    while after < 20:
        try:
            if (await ask(here.http, HOST)).status == 200:
                longest, last = max(longest, clock() - last), clock()
                after += work.done()
        except (OSError, EOFError):
            pass
        await asyncio.sleep(0.01)
    return longest


def test_an_update_is_as_short_as_it_says(serving: EdgeHere, capsys: pytest.CaptureFixture[str]) -> None:
    oldest, older = _runs_an_older_one(serving)
    environment = {"DOCKER_HOST": serving.engine.endpoint, "DOCKWORTHY_STATE": str(serving.state)}
    done = run_dockworthy("edge", "update", "--dry-run", env=environment, inside=serving.engine.inside)
    assert done.returncode == 0 and "HAProxy 3.0.1-1 -> " in done.stderr and "does not answer for about" in done.stderr
    assert serving.engine.inspect(PROXY)["Image"] == older

    async def work(_: EdgeRunner, site: Site) -> tuple[Updated, float]:
        await until_status(serving.http, HOST)
        updating = asyncio.create_task(Updater(site).update())
        gap = await _without_answer(serving, updating)
        return await updating, gap

    updated, gap = serving.do(work)
    with capsys.disabled():
        print(f"\nan update of the edge: no answer for {gap:.2f} s")
    assert updated.swapped and updated.before == "3.0.1-1"
    image = json.loads((serving.state / "edge" / "image.json").read_text())
    assert serving.engine.inspect(PROXY)["Image"] == image["runs"] != older
    there = [serving.engine.docker("image", "inspect", id, check=False).returncode for id in (oldest, older)]
    assert there == [1, 0], "the one from before stays, for a way back"
    assert gap < patience(AWAY), "as announced, on a machine as quiet as this one is"
    done = run_dockworthy("edge", "update", env=environment, inside=serving.engine.inside)
    assert done.returncode == 0 and "nothing to do" in done.stderr


def test_one_that_does_not_take_over_is_put_back(serving: EdgeHere, monkeypatch: pytest.MonkeyPatch) -> None:
    _, older = _runs_an_older_one(serving)
    tries = iter((EngineError("it does not"), None))

    async def serves(*_: object) -> None:
        if error := next(tries):
            raise error

    monkeypatch.setattr("dockworthy.deploy.edge.process.EdgeProcess.serves", serves)
    with pytest.raises(EngineError, match="it does not"):
        serving.do(lambda _, site: Updater(site).update())
    assert serving.engine.inspect(PROXY)["Image"] == older
    asyncio.run(until_status(serving.http, HOST))


def test_the_hosts_administrator_chooses_the_image_for_all_projects(serving: EdgeHere) -> None:
    """And a deploy of a project that names none keeps it."""
    serving.do(lambda _, site: Updater(site).update())
    chosen, _ = _runs_an_older_one(serving)
    updated = serving.do(lambda _, site: Updater(site).update(chosen))
    assert updated.swapped and serving.engine.inspect(PROXY)["Image"] == chosen
    try:
        other = serving.routes("later", Route("later.example.com", "web", 8000))
        planned = serving.do(lambda edge, _: edge.would_change(other))
        assert planned.reloaded and any(chosen in note for note in planned.notes)
        serving.do(lambda edge, _: edge.ensure(other))
        assert serving.engine.inspect(PROXY)["Image"] == chosen
    finally:
        serving.do(lambda _, site: Updater(site).update())
        serving.do(lambda edge, _: edge.remove("later"))
    assert serving.engine.inspect(PROXY)["Image"] != chosen
