"""What a host has already, what can't be brought back, and which paths a project has there: told without any host."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner
from msgspec import structs

from dockworthy.cli.program import program
from dockworthy.engine.site import Site
from dockworthy.errors import Refused, UsageError
from dockworthy.model.backup import BackupMethod, BackupRun, DataKind, ProjectImage, SavedData
from dockworthy.model.compose_project import ComposeProject
from dockworthy.model.deploy_settings import DeploySettings
from dockworthy.model.policy import ProjectFile
from dockworthy.model.rebuild import RebuildPlan
from dockworthy.rebuild.looking import HostLook, is_there, lacking, place_of, saved_image, without_server
from dockworthy.rebuild.lost_project import LostProject, bound_folder, volume_definition, with_needed, with_paths
from dockworthy.rebuild.marks import RebuildMark
from dockworthy.rebuild.story import refuse

SITE = Site("new", cast(Any, None), cast(Any, None), "", "/var/lib/dockworthy", socket="")
DATA = SavedData(
    name="data", project="shop", kind=DataKind.FILES, method=BackupMethod.COPY, volume="shop_data", path="/v/d"
)
FOLDER = SavedData(name="/srv/up", project="shop", kind=DataKind.FILES, method=BackupMethod.COPY, path="/srv/up")
IMAGE = ProjectImage(id="sha256:1", names=("web:1",), services=("web",), snapshot="a" * 64)
RUN = BackupRun(
    id="1", host="old", scope="shop", taken="2026-12-01T00:00:00Z", ended="", version="1", data=(DATA, FOLDER),
    images=(IMAGE,), engine="E1",
)  # fmt: skip
LOOK = HostLook(
    containers=(), volumes={}, full=frozenset(), there=frozenset(), engine="E2", images=frozenset(),
    networks=frozenset({"bridge"}), parents=frozenset(),
)  # fmt: skip


def project(**parts: Any) -> LostProject:
    web = {"image": "web:1", "volumes": parts.pop("mounts", [])}
    spec = ComposeProject.from_json({"name": "shop", "services": {"web": web}, **parts})
    return LostProject(
        archive=b"", names=("compose.yaml", "conf/site", "token"), folder="/srv/shop", copy=Path("/tmp/x"),
        file=ProjectFile(), settings=DeploySettings(), release=None, state="", edge="", spec=spec, active=("web",),
    )  # fmt: skip


def bind(source: str) -> dict[str, str]:
    return {"type": "bind", "source": source, "target": "/x"}


def test_paths_of_the_copy_become_those_of_the_host() -> None:
    spec = ComposeProject.from_json({
        "name": "shop",
        "services": {"web": {"volumes": [bind("/tmp/c/up"), bind("/tmp/c"), bind("/tmp/cold"), bind("/x")]}},
        "secrets": {"a": {"file": "/tmp/c/a"}, "b": {"environment": "B"}},
        "configs": {"c": {"file": "/etc/c"}},
        "volumes": {"v": {"driver_opts": {"o": "bind", "type": "none", "device": "/tmp/c/v"}}, "w": None},
    })  # fmt: skip
    moved = with_paths(spec, "/tmp/c", "/srv/shop").to_json()
    sources = [mount["source"] for mount in moved["services"]["web"]["volumes"]]
    assert sources == ["/srv/shop/up", "/srv/shop", "/tmp/cold", "/x"]
    assert (moved["secrets"]["a"]["file"], moved["configs"]["c"]["file"]) == ("/srv/shop/a", "/etc/c")
    assert bound_folder(moved, "shop_v") == "/srv/shop/v" and bound_folder(moved, "shop_w") == ""
    assert volume_definition(moved, "shop_w") == ("w", {}) and volume_definition(moved, "other") == ("", {})


def test_what_others_wait_for_starts_too() -> None:
    waits = {"depends_on": {"migrate": {"condition": "service_completed_successfully"}}}
    services = {"web": waits, "migrate": {"depends_on": {"db": {}}}, "db": {}, "debug": {}}
    spec = ComposeProject.from_json({"name": "shop", "services": services})
    assert with_needed(spec, ("web", "gone")) == ("db", "migrate", "web")
    assert with_needed(spec, ("db",)) == ("db",)


def test_where_data_comes_to() -> None:
    bound = project(volumes={"data": {"driver_opts": {"o": "bind,rw", "device": "/mnt/d"}}})
    there = structs.replace(LOOK, volumes={"shop_data": "/var/lib/docker/volumes/shop_data/_data"})
    assert place_of(FOLDER, bound, LOOK) == "/srv/up" and place_of(DATA, bound, there) == "/mnt/d"
    assert place_of(DATA, project(), LOOK) == "" and place_of(DATA, project(), there).endswith("shop_data/_data")


def test_what_is_in_neither_the_backup_nor_the_host_is_lacking() -> None:
    known = [bind("/srv/up"), bind("/srv/shop/conf"), bind("/var/run/docker.sock"), bind("/opt/there")]
    look = structs.replace(LOOK, there=frozenset({"/opt/there"}))
    assert lacking(SITE, RUN, project(mounts=known), look) == []
    lost = project(
        mounts=[bind("/opt/gone")],
        secrets={"token": {"file": "/srv/shop/token"}, "other": {"file": "/run/other"}, "ours": {"external": True}},
        networks={"default": None, "proxy": {"external": True}, "b": {"name": "bridge", "external": True}},
        volumes={"data": {"driver": "nfs"}},
    )
    says = lacking(SITE, RUN, lost, LOOK)
    assert [each.partition(":")[0] for each in says] == [
        "web",
        "secret other",
        "the network proxy is made by others",
        "data",
    ]
    assert "/opt/gone is not in the backup, and not on new" in says[0]


def test_a_dump_that_no_service_takes_is_lacking() -> None:
    dump = structs.replace(DATA, kind=DataKind.POSTGRESQL, method=BackupMethod.PG_DUMP)
    run = structs.replace(RUN, data=(dump, FOLDER))
    mount = {"type": "volume", "source": "data", "target": "/x"}
    assert without_server(run, project(mounts=[mount], volumes={"data": None})) == {}
    says = without_server(run, project())
    assert says.keys() == {"data"} and "no service of the project has it any more" in says["data"]
    assert without_server(RUN, project()) == {}, "files need no server"


def test_what_the_host_has_already() -> None:
    lost = project()
    assert is_there(SITE, RUN, lost, LOOK, None) == []
    same = is_there(SITE, RUN, lost, structs.replace(LOOK, engine="E1"), None)
    assert "is the host whose backup this is" in same[0]
    volumes = {"shop_data": "/v"}
    releases = "/var/lib/dockworthy/releases/shop"
    full = structs.replace(
        LOOK, containers=("shop-web-1",), volumes=volumes, full=frozenset({"/v", "/srv/up", releases})
    )
    assert len(is_there(SITE, RUN, lost, full, None)) == 4
    mark = RebuildMark(project="shop", run="1", began="", volumes=("shop_data",), folders=("/srv/up",))
    half = structs.replace(full, containers=())
    assert is_there(SITE, RUN, lost, half, mark) == [], "it is what a restore left that was killed while it loaded"
    assert len(is_there(SITE, RUN, lost, full, mark)) == 4, "somebody started it by hand"
    assert len(is_there(SITE, RUN, lost, half, structs.replace(mark, starting=True))) == 3, "people may work with it"
    aside = structs.replace(mark, folders=(), aside={"/srv/up": "/srv/.dockworthy-restore.before-1"})
    assert is_there(SITE, RUN, lost, half, aside) == ["/srv/up: there is something in /srv/up"]


def test_images_are_found_by_name_and_by_service() -> None:
    assert saved_image(RUN, "other", "web:1") is IMAGE and saved_image(RUN, "web", "web:2") is IMAGE
    assert saved_image(RUN, "other", "web:2") is None


def test_what_nobody_accepted_is_refused() -> None:
    plan = RebuildPlan(
        scope="shop", host="new", place="r", run="1", taken="", age=0, folder="/f", files=1, images=(), data=(),
        there=("containers",), lacks=("an image",),
    )  # fmt: skip
    for accept, says in (
        ((), "has something of shop already"),
        (("target",), "not all of shop"),
        (("loss",), "already"),
    ):
        with pytest.raises(Refused, match=says):
            refuse(plan, accept)
    refuse(plan, ("target", "loss"))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--key", "k"), "--key belongs to --on"),
        (("--accept", "loss"), "--accept belongs to --on"),
        (("db", "--on", "ssh://root@new"), "db can't be said with it"),
        (("--on", "ssh://root@new", "--host", "ssh://root@old"), "--host can't be said with it"),
        (("--on", "ssh://root@new"), "no Compose file"),
    ],
)
def test_what_does_not_go_together(
    words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(program, ["restore", *words], standalone_mode=False)
    assert isinstance(done.exception, UsageError) and says in done.exception.says
