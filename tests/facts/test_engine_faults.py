"""An engine that is not there, hangs, dies or lies: what was not read is Unknown with the reason, no exception."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dockworthy.facts.engine import read_engine
from dockworthy.facts.redaction import Redactor
from dockworthy.model.field import Set, Unknown, Unset
from dockworthy.model.snapshot import EngineFacts
from engine.fake import HANG, HANG_UP, VERSION, FakeEngine, Status, fake_engine
from patience import Limit, patience

pytestmark = pytest.mark.slow

ALL = [field for field in EngineFacts.__struct_fields__ if field not in ("endpoint", "unread")]
SWARM = ("swarm", "nodes", "services", "tasks", "secrets", "configs")


async def read(folder: Path, answers: Mapping[str, Any], **options: Any) -> tuple[EngineFacts, FakeEngine]:
    async with fake_engine(folder, answers) as fake:
        return await read_engine(fake.endpoint, redactor=Redactor(b"key"), **options), fake


def container(id: str, name: str, *, pid: int = 0) -> dict[str, Any]:
    """The two answers about one container: in the list, and inspected."""
    return {
        "entry": {"Id": id, "Names": [f"/{name}"]},
        "inspect": {"Id": id, "Name": f"/{name}", "State": {"Running": pid > 0, "Pid": pid}},
    }


def answers_for(*containers: dict[str, Any]) -> dict[str, Any]:
    inspects = {f"/containers/{c['entry']['Id']}/json": c["inspect"] for c in containers}
    return {"/containers/json": [c["entry"] for c in containers], **inspects}


async def test_no_engine_at_all(tmp_path: Path) -> None:
    facts = await read_engine(f"unix://{tmp_path}/none.sock", redactor=Redactor(b"key"))
    assert facts.endpoint.endswith("none.sock")
    for field in ALL:
        value = getattr(facts, field)
        assert isinstance(value, Unknown), field
        assert "does not exist" in value.reason
        assert "installed and started" in value.tell


async def test_an_engine_with_nothing(tmp_path: Path) -> None:
    facts, _ = await read(tmp_path, {})
    assert facts.version == Set(VERSION, facts.version.source)  # type: ignore[union-attr]
    for field in ("containers", "images", "volumes", "networks", "plugins"):
        value = getattr(facts, field)
        assert isinstance(value, Set) and value.value == (), field
    for field in SWARM:
        assert isinstance(getattr(facts, field), Unset), field
    assert facts.unread == {}


async def test_a_hung_engine_within_the_deadline(tmp_path: Path) -> None:
    within = Limit(3)
    facts, _ = await read(tmp_path, {"/version": HANG}, deadline=0.3)
    assert within.left > 0
    assert all(isinstance(getattr(facts, field), Unknown) for field in ALL)
    assert "did not answer GET /version" in facts.info.reason  # type: ignore[union-attr]


async def test_everything_but_the_version_hangs(tmp_path: Path) -> None:
    answers = dict.fromkeys(("/info", "/containers/json", "/images/json", "/volumes", "/networks", "/plugins"), HANG)
    within = Limit(3)
    facts, _ = await read(tmp_path, {**answers, "/system/df": HANG}, deadline=patience(0.2))
    assert within.left > 0
    assert isinstance(facts.version, Set)
    assert all(isinstance(getattr(facts, field), Unknown) for field in ALL if field != "version")


async def test_one_hung_container_does_not_hold_up_the_others(tmp_path: Path) -> None:
    answers = answers_for(container("a" * 64, "stuck"), container("b" * 64, "well"))
    answers[f"/containers/{'a' * 64}/json"] = HANG
    facts, _ = await read(tmp_path, answers, deadline=patience(0.25))
    assert isinstance(facts.containers, Set)
    stuck, well = facts.containers.value
    assert isinstance(stuck.inspect, Unknown) and stuck.name == "stuck"
    assert "did not answer" in stuck.inspect.reason
    assert stuck.processes == stuck.changes == stuck.inspect
    assert isinstance(well.inspect, Set)


async def test_dies_in_the_middle(tmp_path: Path) -> None:
    """The list was told, then nothing more: what was read stands."""
    dead: list[bool] = []

    def dying(path: str) -> Any:
        dead.append(True)
        return HANG_UP

    answers = answers_for(container("a" * 64, "a"), container("b" * 64, "b"))
    for id in ("a" * 64, "b" * 64):
        answers[f"/containers/{id}/json"] = dying
    answers["/images/json"] = lambda path: HANG_UP
    facts, _ = await read(tmp_path, answers)
    assert dead and isinstance(facts.containers, Set)
    for one in facts.containers.value:
        assert isinstance(one.inspect, Unknown)
        assert "hung up" in one.inspect.reason and one.inspect.tell
    assert isinstance(facts.images, Unknown)
    assert isinstance(facts.networks, Set)


async def test_removed_between_list_and_inspect(tmp_path: Path) -> None:
    answers = answers_for(container("a" * 64, "gone"), container("b" * 64, "here"))
    del answers[f"/containers/{'a' * 64}/json"]
    answers["/images/json"] = [{"Id": "sha256:gone"}, {"Id": "sha256:here"}]
    answers |= {"/images/sha256:here/json": {"Id": "sha256:here"}, "/images/sha256:here/history": []}
    facts, _ = await read(tmp_path, answers)
    assert isinstance(facts.containers, Set) and isinstance(facts.images, Set)
    assert [one.name for one in facts.containers.value] == ["here"]
    assert [one.id for one in facts.images.value] == ["sha256:here"]


async def test_an_engine_that_refuses(tmp_path: Path) -> None:
    answers = {"/containers/json": Status(403, {"message": "authorization denied by plugin opa"})}
    facts, _ = await read(tmp_path, answers)
    assert isinstance(facts.containers, Unknown)
    assert "authorization denied by plugin opa" in facts.containers.reason
    assert facts.containers.tell
    assert isinstance(facts.info, Set)


@pytest.mark.parametrize("nonsense", [{"a": 1}, [1, 2], [[]], "text", 7, True])
async def test_answers_that_are_not_what_the_api_says(tmp_path: Path, nonsense: Any) -> None:
    lists = ("/containers/json", "/images/json", "/networks", "/plugins")
    facts, _ = await read(tmp_path, dict.fromkeys(lists, nonsense))
    for field in ("containers", "images", "networks", "plugins"):
        value = getattr(facts, field)
        assert isinstance(value, Unknown), field
        assert "not what its API says" in value.reason


@pytest.mark.parametrize("nonsense", [[], "text", 7, None, {"State": None}, {"State": {"Pid": "x"}}, {"State": []}])
async def test_an_inspect_that_is_odd(tmp_path: Path, nonsense: Any) -> None:
    answers = answers_for(container("a" * 64, "odd"))
    answers[f"/containers/{'a' * 64}/json"] = nonsense
    facts, _ = await read(tmp_path, answers, root=Path("/"))
    assert isinstance(facts.containers, Set)
    assert facts.containers.value[0].name == "odd"
    msgspec.json.encode(facts)


async def test_nested_too_deeply_to_look_at(tmp_path: Path) -> None:
    answers = {"/info": Status(200, b'{"a":' * 900 + b"1" + b"}" * 900)}
    facts, _ = await read(tmp_path, answers)
    assert isinstance(facts.info, Set | Unknown)
    assert isinstance(facts.containers, Set)


async def test_the_image_of_a_container_is_read_where_the_list_leaves_it_out(tmp_path: Path) -> None:
    web = container("1", "web")
    web["inspect"]["Image"] = "sha256:moved"
    gone = container("2", "old")
    gone["inspect"]["Image"] = "sha256:deleted"
    answers = answers_for(web, gone) | {"/images/json": [], "/images/sha256:moved/json": {}}
    facts, _ = await read(tmp_path, answers)
    assert isinstance(facts.images, Set)
    assert [image.id for image in facts.images.value] == ["sha256:moved"]


async def test_one_question_an_object(tmp_path: Path) -> None:
    ids = [letter * 64 for letter in "abc"]
    answers = answers_for(*(container(id, id[0]) for id in ids))
    answers |= {"/images/json": [{"Id": "sha256:i"}] * 2, "/images/sha256:i/json": {}, "/images/sha256:i/history": []}
    _, fake = await read(tmp_path, answers)
    assert len(fake.calls) == len(set(fake.calls))
    for id in ids:
        assert f"/v1.45/containers/{id}/json" in fake.calls
    assert [call for call in fake.calls if "/changes" in call] == []  # none of them runs
    fixed = 1 + 1 + 1 + 1 + 3 + 4  # version, info, both lists, volumes networks plugins, disk use by type
    assert len(fake.calls) == fixed + len(ids) + 2


async def test_slow_volumes_do_not_hide_the_other_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def usage(path: str) -> Any:
        if "type=volume" in path:
            return HANG
        return {"LayersSize": 7, "Images": [{"Id": "i", "Size": 5, "Labels": {"a": "b"}}], "Containers": None}

    monkeypatch.setattr("dockworthy.facts.disk._SECONDS", patience(0.1))
    facts, _ = await read(tmp_path, {"/system/df": usage})
    assert isinstance(facts.disk_usage, Set)
    assert facts.disk_usage.value["Images"] == [{"Id": "i", "Size": 5}]
    assert facts.disk_usage.value["LayersSize"] == 7
    assert "Volumes" not in facts.disk_usage.value
    assert "how much room volumes take" in facts.unread["disk_usage.Volumes"].reason


async def test_disk_use_of_an_old_engine_is_one_question(tmp_path: Path) -> None:
    version = {**VERSION, "ApiVersion": "1.41"}
    usage = {"LayersSize": 1, "Images": None, "Containers": [], "Volumes": [{"Name": "v", "UsageData": {"Size": 3}}]}
    facts, fake = await read(tmp_path, {"/version": version, "/system/df": usage})
    assert [call for call in fake.calls if "/system/df" in call] == ["/v1.41/system/df"]
    assert isinstance(facts.disk_usage, Set)
    assert facts.disk_usage.value["Volumes"] == usage["Volumes"]


async def test_drift_has_a_deadline_for_all_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [f"{number:064x}" for number in range(8)]
    answers = answers_for(*(container(id, f"c{id[-1]}", pid=7) for id in ids))
    answers |= {f"/containers/{id}/changes": HANG for id in ids}
    answers[f"/containers/{ids[0]}/changes"] = [{"Path": "/x", "Kind": 1}, {"Path": "/y", "Kind": 2}, {}, 5]
    monkeypatch.setattr("dockworthy.facts.containers._SECONDS", patience(0.15))
    facts, fake = await read(tmp_path, answers)
    assert isinstance(facts.containers, Set)
    first, *others = facts.containers.value
    assert isinstance(first.changes, Set)
    assert first.changes.value == ("A /x", "D /y", "? ", "? ")
    for one in others:
        assert isinstance(one.changes, Unknown)
        assert "what changed" in one.changes.reason and "docker diff" in one.changes.tell
    assert len([call for call in fake.calls if "/changes" in call]) < len(ids)  # the rest was not begun


async def test_processes_of_an_engine_elsewhere_are_not_this_hosts(tmp_path: Path) -> None:
    answers = answers_for(container("a" * 64, "far", pid=1))
    answers[f"/containers/{'a' * 64}/changes"] = None
    facts, _ = await read(tmp_path, answers)
    assert isinstance(facts.containers, Set)
    processes = facts.containers.value[0].processes
    assert isinstance(processes, Unknown) and "not this host's" in processes.reason
    assert facts.containers.value[0].changes == Set((), facts.containers.value[0].changes.source)  # type: ignore[arg-type]


def swarm_info(state: str, *, manager: bool = False) -> dict[str, Any]:
    return {"/info": {"Swarm": {"LocalNodeState": state, "ControlAvailable": manager}}}


async def test_a_worker_does_not_know_its_swarm(tmp_path: Path) -> None:
    facts, fake = await read(tmp_path, swarm_info("active"))
    for field in SWARM:
        value = getattr(facts, field)
        assert isinstance(value, Unknown), field
        assert "worker" in value.reason and "manager" in value.tell
    assert not [call for call in fake.calls if call.endswith(("/swarm", "/nodes", "/services"))]


@pytest.mark.parametrize(("state", "word"), [("locked", "locked"), ("pending", "not settled"), ("error", "error")])
async def test_a_swarm_that_is_not_settled(tmp_path: Path, state: str, word: str) -> None:
    facts, _ = await read(tmp_path, swarm_info(state))
    assert isinstance(facts.services, Unknown) and word in facts.services.reason


async def test_a_manager_tells_its_swarm_without_the_keys_to_it(tmp_path: Path) -> None:
    token = "SWMTKN-1-" + "0123456789abcdefghij" * 2
    answers = {
        **swarm_info("active", manager=True),
        "/swarm": {"ID": "s", "JoinTokens": {"Worker": token, "Manager": token + "x"}},
        "/nodes": [{"ID": "n"}],
        "/services": [{"ID": "v", "Spec": {"TaskTemplate": {"ContainerSpec": {"Env": ["DB_PASSWORD=planted-1"]}}}}],
        "/tasks": [],
        "/secrets": [{"ID": "x", "Spec": {"Name": "db"}}],
        "/configs": [{"ID": "c", "Spec": {"Name": "conf", "Data": "cGxhbnRlZC0y"}}],
    }
    facts, _ = await read(tmp_path, answers)
    assert isinstance(facts.nodes, Set) and facts.nodes.value == ({"ID": "n"},)
    assert isinstance(facts.secrets, Set) and facts.secrets.value[0]["Spec"]["Name"] == "db"
    encoded = msgspec.json.encode(facts).decode()
    assert "SWMTKN" not in encoded and "planted-1" not in encoded and "cGxhbnRlZC0y" not in encoded
    assert "DB_PASSWORD=hash:" in encoded
