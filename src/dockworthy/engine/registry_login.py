"""Who we are to a registry: what `docker login` stored, found as the docker command line finds it.

Source: docker's config.json (auths, credsStore, credHelpers; DOCKER_AUTH_CONFIG), the credential helpers' protocol, and
the header X-Registry-Auth of the Engine API.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Mapping
from typing import Any

import msgspec

from ..errors import DockworthyError
from ..model.image_names import names_registry
from .context import configuration_folder
from .docker_command import run_program

HUB = "https://index.docker.io/v1/"
"""How docker's configuration calls the registry of images without one."""
NO_LOGIN: Mapping[str, str] = {"X-Registry-Auth": base64.urlsafe_b64encode(b"{}").decode()}
"""The header that says so: an update of a service without one keeps the login that the swarm has."""
_HELPER_SECONDS = 20.0
_TOKEN = "<token>"
"""The name of a user by which a helper says that the secret is an identity token."""


def registry_of(image: str) -> str:
    """`registry:5000/shop:1` -> `registry:5000`; `docker.io` for what names none."""
    first = image.partition("/")[0]
    return first if names_registry(image) and first != "index.docker.io" else "docker.io"


async def registry_headers(image: str, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The header by which an engine, or the nodes of a swarm, get in; {} for an id, and where nobody logged in.

    A helper that is not there, or fails, is none: so docker takes it, too.
    """
    if image.startswith("sha256:"):
        return {}
    registry = registry_of(image)
    found = await _login(HUB if registry == "docker.io" else registry, environ)
    if not found:
        return {}
    return {"X-Registry-Auth": base64.urlsafe_b64encode(msgspec.json.encode(found)).decode()}


async def _login(server: str, environ: Mapping[str, str]) -> dict[str, str]:
    if found := _in_file(_decoded(environ.get("DOCKER_AUTH_CONFIG", "").encode()), server):
        return found
    try:
        configuration = _decoded((configuration_folder(environ) / "config.json").read_bytes())
    except OSError:
        return {}
    helper = _part(configuration, "credHelpers").get(server) or configuration.get("credsStore")
    if isinstance(helper, str) and helper and helper.isprintable():
        return await _from_helper(helper, server, environ)
    return _in_file(configuration, server)


async def _from_helper(helper: str, server: str, environ: Mapping[str, str]) -> dict[str, str]:
    program = shutil.which(f"docker-credential-{helper}", path=environ.get("PATH"))
    if program is None:
        return {}
    try:
        done = await run_program((program, "get"), input=server.encode(), timeout=_HELPER_SECONDS, environment=environ)
    except DockworthyError:
        return {}
    said = _decoded(done.out) if done.status == 0 else {}
    name, secret = str(said.get("Username") or ""), str(said.get("Secret") or "")
    if not secret:
        return {}
    if name == _TOKEN:
        return {"identitytoken": secret, "serveraddress": server}
    return {"username": name, "password": secret, "serveraddress": server}


def _in_file(configuration: Mapping[str, Any], server: str) -> dict[str, str]:
    """Of `auths`, where the key may be an address as older versions wrote it."""
    logins = _part(configuration, "auths")
    fitting = (each for key, each in logins.items() if _host_in(key) == server)
    written = logins.get(server) or next(fitting, None)
    if not isinstance(written, Mapping):
        return {}
    made = {name: str(written[name]) for name in ("identitytoken", "registrytoken") if written.get(name)}
    user, colon, password = _plain(str(written.get("auth") or "")).partition(":")
    if colon:
        made |= {"username": user, "password": password.strip("\0")}
    return {**made, "serveraddress": server} if made else {}


def _host_in(address: str) -> str:
    return address.removeprefix("http://").removeprefix("https://").partition("/")[0]


def _plain(written: str) -> str:
    try:
        return base64.b64decode(written, validate=True).decode()
    except ValueError:  # of base64, of its letters, of UTF-8
        return ""


def _part(configuration: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = configuration.get(name)
    return part if isinstance(part, Mapping) else {}


def _decoded(content: bytes) -> dict[str, Any]:
    """What is no JSON object counts as nothing: docker's own programs complain of it."""
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
