"""Which engine is meant."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from dockworthy.engine.endpoint import DEFAULT_ENDPOINT, context_of, find_endpoint, socket_path
from dockworthy.errors import UnreadableInput, UsageError


def make_context(home: Path, name: str, host: str, *, current: bool = True) -> dict[str, str]:
    """A context as the docker command line writes it; returns the environment that leads to it."""
    folder = home / ".docker" / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": name} if current else {}))
    return {"HOME": str(home)}


def test_this_machines_socket_where_nothing_is_said(tmp_path: Path) -> None:
    assert find_endpoint(None, {"HOME": str(tmp_path)}) == DEFAULT_ENDPOINT == "unix:///var/run/docker.sock"


def test_what_is_said_goes_before_docker_host_before_the_context(tmp_path: Path) -> None:
    environ = make_context(tmp_path, "far", "tcp://10.0.0.1:2376")
    assert find_endpoint(None, environ) == "tcp://10.0.0.1:2376"
    environ["DOCKER_HOST"] = "unix:///run/user/1000/docker.sock"
    assert find_endpoint(None, environ) == "unix:///run/user/1000/docker.sock"
    assert find_endpoint("tcp://127.0.0.1:2375", environ) == "tcp://127.0.0.1:2375"


def test_docker_context_names_another_than_the_current_one(tmp_path: Path) -> None:
    environ = make_context(tmp_path, "other", "unix:///other.sock", current=False)
    assert find_endpoint(None, environ) == DEFAULT_ENDPOINT
    assert find_endpoint(None, {**environ, "DOCKER_CONTEXT": "other"}) == "unix:///other.sock"
    assert find_endpoint(None, {**environ, "DOCKER_CONTEXT": "default"}) == DEFAULT_ENDPOINT


def test_docker_config_moves_the_folder(tmp_path: Path) -> None:
    make_context(tmp_path, "here", "unix:///here.sock")
    assert find_endpoint(None, {"HOME": "/", "DOCKER_CONFIG": str(tmp_path / ".docker")}) == "unix:///here.sock"


@pytest.mark.parametrize("address", ["/var/run/docker.sock", "unix://", "docker", "npipe://x"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(UsageError, match="no address of an engine") as error:
        find_endpoint(None, {"DOCKER_HOST": address})
    assert "unix://" in error.value.hint
    with pytest.raises(UsageError):
        find_endpoint(address, {})


def test_a_context_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='"gone" does not exist'):
        find_endpoint(None, {"HOME": str(tmp_path), "DOCKER_CONTEXT": "gone"})


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000])
def test_a_damaged_configuration_names_its_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_bytes(content)
    with pytest.raises(UnreadableInput, match=r"config\.json: not valid JSON"):
        find_endpoint(None, {"HOME": str(tmp_path)})


@pytest.mark.parametrize("content", ["[]", '{"Endpoints": null}', '{"Endpoints": {"docker": {"Host": 1}}}'])
def test_a_context_without_an_engine(tmp_path: Path, content: str) -> None:
    environ = make_context(tmp_path, "odd", "unix:///x")
    next((tmp_path / ".docker" / "contexts" / "meta").glob("*/meta.json")).write_text(content)
    with pytest.raises(UnreadableInput, match="names no engine"):
        find_endpoint(None, environ)


def test_a_current_context_of_the_wrong_type_is_none(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text('{"currentContext": 7}')
    assert find_endpoint(None, {"HOME": str(tmp_path)}) == DEFAULT_ENDPOINT


def test_a_contexts_certificates_hold_for_its_own_engine_only(tmp_path: Path) -> None:
    environ = make_context(tmp_path, "far", "tcp://10.0.0.1:2376")
    context = context_of("tcp://10.0.0.1:2376", environ)
    assert context is not None and context.certificates.name == "docker"
    assert context_of("tcp://10.0.0.2:2376", environ) is None
    assert context_of("tcp://10.0.0.1:2376", {**environ, "DOCKER_HOST": "tcp://10.0.0.1:2376"}) is None


def test_socket_path() -> None:
    assert socket_path("unix:///run/x.sock") == "/run/x.sock"
    assert socket_path("tcp://127.0.0.1:2375") is None
