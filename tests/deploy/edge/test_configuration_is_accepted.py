"""Whatever a user writes: HAProxy takes the file that is made of it, or we refuse it first with its line."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dockworthy.deploy.edge.haproxy.configuration import edge_files
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute, read_routes
from dockworthy.errors import UnreadableInput
from dockworthy.model.deploy_settings import Edge, Route, Tls
from dockworthy.readers.project_file import parse_project_file
from effort import examples

pytestmark = pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")

_NASTY = st.text(alphabet="aZ0.-_~/ %$'\"\\{}()[]#;:,&*+=!@|<>\t\né", max_size=12)
_HOSTS = st.one_of(st.sampled_from(["a.example", "*.a.example", "b", "127.0.0.1", "x\n"]), _NASTY)
_PATHS = st.one_of(st.sampled_from(["/", "/api", "/api/", "/a(b)", "/x\n"]), _NASTY.map(lambda text: "/" + text))
_FILES = st.one_of(st.sampled_from(["ann:$6$abcdefgh$ijklmnopqrst", "ann:$y$j9T$x/y.z1234567890$ab"]), _NASTY)

_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""What fails is shown as it was found: making it smaller would start HAProxy a thousand times."""


def _optional(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=parts)


_ROUTES = st.builds(
    lambda must, may: {**must, **may},
    st.fixed_dictionaries(
        {"host": _HOSTS, "service": st.sampled_from(["web", "my_web", "a.b"]) | _NASTY, "port": st.just(80)}
    ),
    _optional(
        path=_PATHS,
        health=_PATHS,
        strip_path=st.booleans(),
        redirect_from=st.lists(_HOSTS, max_size=2),
        headers=st.dictionaries(st.sampled_from(["X-A", "Vary"]) | _NASTY, _NASTY, max_size=2),
        body=st.sampled_from(["10m", "0", "999999999g"]) | _NASTY,
        rate=st.sampled_from(["1/1s", "9999999/24h"]) | _NASTY,
        retry_unsafe=st.booleans(),
        timeout=st.sampled_from(["1ms", "24h", "0.4ms", "1m30s"]) | _NASTY,
        wait=st.sampled_from(["0s", "0.2ms", "1h"]) | _NASTY,
        basic_auth=st.just("users"),
        maintenance=st.just("page.html"),
    ),
)


def _accepts(files: dict[str, str]) -> str:
    """What `haproxy -c` says of it; "" where it takes it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, newline="")
        done = subprocess.run(["haproxy", "-c", "-q", "-f", f"{folder}/haproxy.cfg"], capture_output=True, text=True)
        return "" if done.returncode == 0 and "WARNING" not in done.stderr else done.stderr + files["haproxy.cfg"]


@given(st.lists(_ROUTES, min_size=1, max_size=3), _FILES, _NASTY)
@settings(max_examples=examples(40), phases=_PHASES, suppress_health_check=[HealthCheck.filter_too_much])
def test_what_is_not_refused_is_accepted(routes: list[dict[str, Any]], users: str, page: str) -> None:
    text = yaml.safe_dump({"deploy": {"edge": {"tls": "off"}, "routes": routes}})
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "users").write_text(users)
        (Path(folder) / "page.html").write_text(page)
        try:
            project = parse_project_file(text, "dockworthy.yaml")
            read = read_routes("shop", project.deploy, Path(folder))
        except UnreadableInput as refused:
            assert refused.line is not None or refused.file.startswith(folder)
            return
    assert _accepts(edge_files([read], {}).files) == ""


_FAIR = st.builds(
    Route,
    host=st.sampled_from(["a.example", "*.a.example", "b", "A.B.example"]),
    service=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}(\.[A-Za-z0-9_-]{1,9}){0,2}", fullmatch=True),
    port=st.integers(1, 65535),
    path=st.from_regex(r"/[A-Za-z0-9._~!$&()*+,;=:@-]{0,12}", fullmatch=True),
    health=st.from_regex(r"(/[!-~]{0,12})?", fullmatch=True),
    headers=st.dictionaries(
        st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{0,9}", fullmatch=True),
        st.from_regex(r"[!-~]([ -~]{0,30}[!-~])?", fullmatch=True),
    ),
    body=st.sampled_from(["", "10m", "999999999g"]),
    rate=st.sampled_from(["", "1/1s", "9999999/24h"]),
)


@given(st.lists(_FAIR, min_size=1, max_size=12))
@settings(max_examples=examples(24), phases=_PHASES)
def test_every_letter_that_a_route_may_hold_is_accepted(routes: list[Route]) -> None:
    project = ProjectRoutes("shop", Edge(tls=Tls.OFF), tuple(map(ServedRoute, routes)))
    assert _accepts(edge_files([project], {}).files) == ""
