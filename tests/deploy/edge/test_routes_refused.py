"""Routes that can't be are refused with the line in dockworthy.yaml, or in the file that they name."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dockworthy.deploy.edge.conflicts import image_of_all, ports, refuse_conflicts
from dockworthy.deploy.edge.routes import Page, ProjectRoutes, ServedRoute, must_fit, read_routes
from dockworthy.deploy.names import with_standby
from dockworthy.errors import Refused, UnreadableInput, UsageError
from dockworthy.model.deploy_settings import CertificateFiles, DeploySettings, Edge, Route, Tls
from dockworthy.readers.project_file import parse_project_file

_ROUTE = "{host: a.example.com, service: web, port: 80"


@pytest.mark.parametrize(
    ("edge", "route", "line", "says"),
    [
        ("{tls: off}", "{host: 'a b', service: web, port: 80}", 4, "host"),
        ("{tls: off}", '{host: "a.example.com\\n", service: web, port: 80}', 4, "host"),
        ("{tls: off}", "{host: a, service: '../x', port: 80}", 4, "service"),
        ("{tls: off}", _ROUTE + ", path: 'no'}", 4, "path"),
        ("{tls: off}", _ROUTE + ", path: /a//b}", 4, "not the plain form"),
        ("{tls: off}", _ROUTE + ", path: /a/../b}", 4, "not the plain form"),
        ("{tls: off}", _ROUTE + ", strip_path: true}", 4, "nothing to strip"),
        ("{tls: off}", _ROUTE + ", timeout: 0s}", 4, "from 1ms to 24h"),
        ("{tls: off}", _ROUTE + ", wait: 999999h}", 4, "from 0s to 10m"),
        ("{tls: off}", _ROUTE + ", wait: 10m1ms}", 4, "from 0s to 10m"),
        ("{tls: off}", _ROUTE + ", timeout: 9" + "9" * 400 + "h}", 4, "from 1ms to 24h"),
        ("{tls: off}", _ROUTE + ", rate: 5/25h}", 4, "24h at the most"),
        ("{tls: off}", _ROUTE + ", headers: {Content-Length: '1'}}", 4, "the edge sets it"),
        ("{tls: off}", _ROUTE + ', headers: {X-A: "a\\nb"}}', 4, "headers"),
        ("{tls: off}", _ROUTE + ", redirect_from: [a.example.com]}", 4, "has a route of its own"),
        ("{tls: off, http: off}", _ROUTE + "}", 2, "a port for http"),
        ("{https: off}", _ROUTE + "}", 2, "needs a port for https"),
        ("{http: 443}", _ROUTE + "}", 2, "a port each"),
        ("{tls: files}", _ROUTE + "}", 2, "no certificate for a.example.com"),
        ("{tls: on}", _ROUTE + "}", 2, "does not say which"),
        ("{image: 'haproxy:3.0'}", _ROUTE + "}", 2, "image"),
    ],
)
def test_a_route_that_can_not_be_is_refused_with_its_line(edge: str, route: str, line: int, says: str) -> None:
    text = f"deploy:\n  edge: {edge}\n  routes:\n    - {route}\n"
    with pytest.raises(UnreadableInput, match=says) as refused:
        parse_project_file(text, "dockworthy.yaml")
    assert refused.value.line == line


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("deploy:\n  observe: 999999h\n", 2, "deploy.observe: from 0s to 12h"),
        ("deploy:\n  healthy_within: 0s\n", 2, "from 100ms to 6h"),
        ("deploy:\n  standby: 169h\n", 2, "from 0s to 168h"),
        ("deploy:\n  objectives: {p95: 2h}\n", 2, "from 1ms to 1h"),
        ("deploy:\n  existing_edge:\n    settle: 11m\n", 3, "from 0s to 10m"),
        ("deploy:\n  environments:\n    test:\n      observe: 13h\n", 4, "from 0s to 12h"),
        ("policy:\n  before_deploy:\n    tests: [{run: make, within: 25h}]\n", 3, "from 100ms to 24h"),
    ],
)
def test_a_time_that_no_deploy_takes_is_refused_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(UnreadableInput, match=says) as refused:
        parse_project_file(text, "dockworthy.yaml")
    assert (refused.value.line, refused.value.exit_status) == (line, 2)


def test_a_time_on_the_command_line_has_the_same_limits() -> None:
    assert with_standby(DeploySettings(), "168h").standby == "168h"
    with pytest.raises(UsageError, match="--standby 999999h: from 0s to 168h"):
        with_standby(DeploySettings(), "999999h")


def test_the_same_route_twice_is_refused_at_the_second() -> None:
    text = f"deploy:\n  routes:\n    - {_ROUTE}, path: /x}}\n    - {_ROUTE}, path: /x/}}\n"
    with pytest.raises(UnreadableInput, match=r"the same as deploy.routes\[0\]") as refused:
        parse_project_file(text, "dockworthy.yaml")
    assert refused.value.line == 4


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("ann:$6$abcdefgh$ijklmnopqrst\nbob:sesame\n", 2, "not a hash"),
        ("ann:$apr1$abcdefgh$ijklmnopqrst\n", 1, "MD5"),
        ("ann:$6$abcdefgh$ijklmnopqrst\nbob:$6$rounds=20001$abcdefgh$ijklmnopqrst\n", 2, "takes so long"),
        ("ann:$5$rounds=999999999$abcdefgh$ijklmnopqrst\n", 1, "takes so long"),
        ("ann:$6$rounds=$abcdefgh$ijklmnopqrst\n", 1, "takes so long"),
        ("ann:$2y$12$abcdefghijklmnopqrstuuWHc9xrl8fG6HzJxw7CGQqk7Q8Ih3uyW\n", 1, "takes so long"),
        ("ann:$2b$31$abcdefghijklmnopqrstuuWHc9xrl8fG6HzJxw7CGQqk7Q8Ih3uyW\n", 1, "takes so long"),
        ("ann:$y$jFT$x/y.z1234567890$abcdef\n", 1, "takes so long"),
        ("ann:$y$j9T5$x/y.z1234567890$abcdef\n", 1, "takes so long"),
        ("# nobody\n", None, "no user in it"),
        ("no colon\n", 1, "user:hash"),
        ("ann:$6$abcdefgh$ijklmnopqrst\nann:$6$abcdefgh$ijklmnopqrst\n", 2, "twice"),
    ],
)
def test_a_file_of_users_is_refused_with_its_line(tmp_path: Path, text: str, line: int | None, says: str) -> None:
    (tmp_path / "users").write_text(text)
    settings = DeploySettings(edge=Edge(tls=Tls.OFF), routes=(Route("a.b", "web", 80, basic_auth="users"),))
    with pytest.raises(UnreadableInput, match=says) as refused:
        read_routes("shop", settings, tmp_path)
    assert (refused.value.file, refused.value.line) == (str(tmp_path / "users"), line)
    assert "sesame" not in refused.value.says


@pytest.mark.parametrize(
    "hash",
    [
        "$6$abcdefgh$ijklmnopqrst",
        "$5$rounds=20000$abcdefgh$ijklmnopqrst",
        "$2y$05$abcdefghijklmnopqrstuuWHc9xrl8fG6HzJxw7CGQqk7Q8Ih3uyW",
        "$2b$08$abcdefghijklmnopqrstuuWHc9xrl8fG6HzJxw7CGQqk7Q8Ih3uyW",
        "$y$j9T$x/y.z1234567890$abcdef",
        "$y$j75$x/y.z1234567890$abcdef",
    ],
)
def test_a_hash_that_is_computed_in_no_time_is_taken(tmp_path: Path, hash: str) -> None:
    (tmp_path / "users").write_text(f"ann:{hash}\n")
    settings = DeploySettings(edge=Edge(tls=Tls.OFF), routes=(Route("a.b", "web", 80, basic_auth="users"),))
    assert read_routes("shop", settings, tmp_path).routes[0].users == {"ann": hash}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../secret.html", "out of the folder"),
        ("{outside}", "out of the folder"),
        ("link.html", "the link leads out of the folder"),
        ("away/secret.html", "out of the folder"),
        ("back/../../secret.html", "out of the folder"),
        (".env", "no hidden file"),
        ("to-hidden.html", "no hidden file"),
        (".git/config", "no hidden file"),
        ("pipe.html", "not a regular file"),
        ("pages", "not a regular file"),
        ("large.html", "from 1 to 10000 bytes"),
        ("huge.html", "larger than 64 kB"),
        ("empty.html", "from 1 to 10000 bytes"),
        ("none.html", "No such file"),
        ("loop.html", "Symlink loop|symbolic links"),
    ],
)
def test_a_page_that_everybody_sees_is_a_file_of_the_project(tmp_path: Path, name: str, says: str) -> None:
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "back").mkdir()
    (folder / "pages").mkdir()
    for file in (tmp_path / "secret.html", folder / ".env", folder / ".git" / "config"):
        file.write_text("PASSWORD=x\n")
    (folder / "link.html").symlink_to(tmp_path / "secret.html")
    (folder / "away").symlink_to(tmp_path)
    (folder / "to-hidden.html").symlink_to(".env")
    (folder / "loop.html").symlink_to("loop.html")
    os.mkfifo(folder / "pipe.html")
    for file, size in (("large", 10_001), ("huge", 100_000), ("empty", 0)):
        (folder / f"{file}.html").write_text("x" * size)
    wanted = name.format(outside=tmp_path / "secret.html")
    with pytest.raises(UnreadableInput, match=says):
        _page_of(folder, wanted)


def test_a_page_may_be_in_a_folder_of_the_project_and_the_project_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / ".home" / "shop" / "pages").mkdir(parents=True)
    (tmp_path / ".home" / "shop" / "pages" / "later.html").write_text("<h1>later</h1>")
    (tmp_path / ".home" / "shop" / "now.html").symlink_to("pages/later.html")
    (tmp_path / "shop").symlink_to(tmp_path / ".home" / "shop")
    for name in ("pages/later.html", "./pages/../pages/later.html", "now.html"):
        assert _page_of(tmp_path / "shop", name) == Page("text/html", "<h1>later</h1>")


@pytest.mark.parametrize(
    ("route", "edge", "line", "says"),
    [
        ("maintenance: gone.html", "tls: internal", 6, "maintenance: gone.html: can't be read: No such file"),
        ("basic_auth: users", "tls: internal", 6, "basic_auth: users: can't be read: No such file"),
        ("maintenance: empty.html", "tls: internal", 6, "maintenance: empty.html: a page has from 1 to"),
        ("maintenance: /etc/hostname", "tls: internal", 6, "it is out of the folder of dockworthy.yaml"),
        ("wait: 1s", "tls: files, certificates: {a.b: {certificate: a.pem, key: k}}", 3, "certificate: a.pem: can't"),
    ],
)
def test_a_file_that_is_not_there_is_told_with_the_line_that_names_it(
    tmp_path: Path, route: str, edge: str, line: int, says: str
) -> None:
    (tmp_path / "empty.html").touch()
    file = tmp_path / "dockworthy.yaml"
    file.write_text(
        f"deploy:\n  edge:\n    {{{edge}}}\n  routes:\n"
        f"    - {{host: a.b, service: web, port: 80}}\n"
        f"    - {{host: a.b, path: /x, service: web, port: 80, {route}}}\n"
    )
    settings = parse_project_file(file.read_text(), str(file)).deploy
    with pytest.raises(UnreadableInput) as error:
        read_routes("shop", settings, tmp_path)
    assert (error.value.file, error.value.line) == (str(file), line) and says in error.value.problem


def test_a_release_that_comes_back_may_name_what_is_written_there_no_more(tmp_path: Path) -> None:
    (tmp_path / "dockworthy.yaml").write_text("deploy: {}\n")
    with pytest.raises(UnreadableInput) as error:
        _page_of(tmp_path, "gone.html")
    assert error.value.file == str(tmp_path / "gone.html")


def test_more_routes_and_containers_than_an_edge_holds() -> None:
    """The memory of the edge is that of all projects."""

    def asked(routes: int, replicas: int = 1) -> None:
        many = tuple(Route(f"h{number}.x", "web", 80) for number in range(routes))
        settings = DeploySettings(edge=Edge(tls=Tls.OFF), routes=many)
        must_fit(settings, {"web": replicas})

    asked(300)
    asked(1, 250)
    with pytest.raises(UsageError, match="301 routes: a project may have 300"):
        asked(301)
    with pytest.raises(UsageError, match="1000 containers of web: an edge reaches 250"):
        asked(1, 1000)


def _page_of(folder: Path, name: str) -> Page | None:
    settings = DeploySettings(edge=Edge(tls=Tls.OFF), routes=(Route("a.b", "web", 80, maintenance=name),))
    return read_routes("shop", settings, folder).routes[0].page


@pytest.mark.parametrize("key", ["basic_auth", "maintenance"])
def test_a_file_that_never_ends_is_no_file_of_a_route(tmp_path: Path, key: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    settings = DeploySettings(edge=Edge(tls=Tls.OFF), routes=(Route("a.b", "web", 80, **{key: "pipe"}),))
    with pytest.raises(UnreadableInput, match="not a regular file"):
        read_routes("shop", settings, tmp_path)
    if key == "basic_auth":
        with pytest.raises(UnreadableInput, match="not a regular file"):
            read_routes("shop", DeploySettings(routes=(Route("a.b", "web", 80, basic_auth="/dev/zero"),)), tmp_path)


def test_a_certificate_must_fit_its_key(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=a.b"]
        subprocess.run(["openssl", *make, "-keyout", f"{name}.key", "-out", f"{name}.pem"], cwd=tmp_path, check=True,
                       capture_output=True)  # fmt: skip
    route = (Route("a.b", "web", 80),)

    def read(key: str) -> ProjectRoutes:
        edge = Edge(tls=Tls.FILES, certificates={"a.b": CertificateFiles("one.pem", key)})
        return read_routes("shop", DeploySettings(edge=edge, routes=route), tmp_path)

    assert "PRIVATE KEY" in read("one.key").certificates["a.b"]
    with pytest.raises(UnreadableInput, match="with the key in two"):
        read("two.key")
    with pytest.raises(UnreadableInput, match="No such file"):
        read("three.key")


def _project(name: str, *routes: Route, edge: Edge = Edge()) -> ProjectRoutes:  # noqa: B008 - it can't be changed
    return ProjectRoutes(name, edge, tuple(map(ServedRoute, routes)))


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (_project("b", edge=Edge(http=8080)), "deploy.edge.http is 8080, and the project a has 80"),
        (_project("b", edge=Edge(https=8443)), "deploy.edge.https is 8443"),
    ],
)
def test_other_ports_than_those_of_the_edge_are_refused(wanted: ProjectRoutes, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        refuse_conflicts(wanted, [_project("a", Route("a.x", "web", 80))])


OLD, NEW = (f"registry.example.com/haproxy@sha256:{digit * 64}" for digit in "ab")


def _with_image(name: str, image: str = "") -> ProjectRoutes:
    return _project(name, Route(f"{name}.x", "web", 80), edge=Edge(image=image))


@pytest.mark.parametrize(("theirs", "in_force"), [("", ""), ("", None), (OLD, OLD), (OLD, None), ("", OLD), (NEW, "")])
def test_no_project_chooses_the_image_of_an_edge_that_serves_others(theirs: str, in_force: str | None) -> None:
    others = [_with_image("shop", theirs), _with_image("wiki")]
    with pytest.raises(Refused, match=f"deploy.edge.image is {NEW}.*shop, wiki") as refused:
        image_of_all(_with_image("blog", NEW), others, in_force)
    assert refused.value.exit_status == 1
    assert (OLD if OLD in (theirs, in_force) else "the image made on the host") in refused.value.says
    assert "dockworthy edge update --image" in refused.value.hint


@pytest.mark.parametrize(
    ("wanted", "others", "in_force", "runs"),
    [
        ("", [], OLD, ""),
        (NEW, [], OLD, NEW),
        (NEW, [], None, NEW),
        ("", ["", ""], None, ""),
        ("", ["", OLD], OLD, OLD),
        ("", [OLD], None, OLD),
        (OLD, ["", OLD], OLD, OLD),
        (NEW, [""], NEW, NEW),
        (NEW, [NEW, NEW], OLD, NEW),
        ("", ["", ""], OLD, OLD),
        ("", [NEW], OLD, OLD),
    ],
)
def test_who_is_alone_chooses_the_image_and_others_keep_that_of_the_host(
    wanted: str, others: list[str], in_force: str | None, runs: str
) -> None:
    there = [_with_image(f"p{number}", image) for number, image in enumerate(others)]
    assert image_of_all(_with_image("blog", wanted), there, in_force) == runs


def test_a_project_that_leaves_changes_no_image() -> None:
    assert image_of_all(None, [_with_image("shop", NEW)], OLD) == OLD
    assert image_of_all(None, [], OLD) == OLD


def test_ports_are_those_of_all_projects() -> None:
    plain, secure = Edge(tls=Tls.OFF, http=8080, https=1), Edge(http=None, https=8443)
    assert ports([_project("a", edge=plain)]) == (8080, None)
    assert ports([_project("a", edge=plain), _project("b", edge=secure)]) == (8080, 8443)
    refuse_conflicts(_project("a", edge=plain), [_project("b", edge=secure)])
