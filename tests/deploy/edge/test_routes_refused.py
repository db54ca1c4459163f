"""Routes that can't be are refused with the line in dockworthy.yaml, or in the file that they name."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dockworthy.deploy.edge.conflicts import ports, refuse_conflicts
from dockworthy.deploy.edge.kept import ProjectRoutes, ServedRoute
from dockworthy.deploy.edge.reading import read_routes
from dockworthy.errors import UnreadableInput, UsageError
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
        (_project("b", Route("A.x", "web", 80, path="/p/")), "a.x/p/? belongs to the project a"),
        (_project("b", Route("old.x", "web", 80)), "old.x belongs to the project a"),
        (_project("b", Route("c.x", "web", 80, redirect_from=("a.x",))), "a.x belongs to the project a"),
        (_project("b", edge=Edge(http=8080)), "deploy.edge.http is 8080, and the project a has 80"),
        (_project("b", edge=Edge(https=8443)), "deploy.edge.https is 8443"),
    ],
)
def test_what_another_project_has_is_refused(wanted: ProjectRoutes, says: str) -> None:
    other = _project("a", Route("a.x", "web", 80, path="/p", redirect_from=("old.x",)))
    with pytest.raises(UsageError, match=f"(?i){says}"):
        refuse_conflicts(wanted, [other])


def test_ports_are_those_of_all_projects() -> None:
    plain, secure = Edge(tls=Tls.OFF, http=8080, https=1), Edge(http=None, https=8443)
    assert ports([_project("a", edge=plain)]) == (8080, None)
    assert ports([_project("a", edge=plain), _project("b", edge=secure)]) == (8080, 8443)
    refuse_conflicts(_project("a", edge=plain), [_project("b", edge=secure)])
