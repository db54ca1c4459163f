"""Does the service do what it is for? A command in its scratch container, or a page that it must answer.

The host has no address in the scratch networks, so a URL is asked from within the container's own network: by a
process of ours where we may enter it (root, on the engine's host), else with a program that the image has.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from ...engine.docker_command import Docker, run_program
from ...errors import UsageError
from ...host_scripts import HostScript

_SECONDS = 10
_ASK = """
import sys, urllib.request, urllib.error
try:
    answer = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=float(sys.argv[2]))
    print("status", answer.status)
except urllib.error.HTTPError as error:
    sys.exit(f"{sys.argv[1]} answers with status {error.code}")
except Exception as error:
    sys.exit(f"{sys.argv[1]} does not answer: {getattr(error, 'reason', error)}")
"""
_IN_IMAGE = HostScript(__package__, "ask_in_image.sh")


class ProofProbe(Struct, frozen=True):
    """Of a service: a `command` in its container, or a `url` whose host is always the container itself."""

    service: str
    command: str = ""
    url: str = ""

    @property
    def says(self) -> str:
        return self.url or self.command


def probes_from(texts: Sequence[str], services: Mapping[str, Any], wanted: Sequence[str]) -> tuple[ProofProbe, ...]:
    """`[SERVICE=]COMMAND` or `[SERVICE=]URL`. Without a service: the one whose name or published port the URL has, or
    the only wanted one. `services` are those of the rendered file. Raises UsageError where it is not clear whose it is.
    """
    return tuple(_probe(text, services, wanted) for text in texts)


def _probe(text: str, services: Mapping[str, Any], wanted: Sequence[str]) -> ProofProbe:
    name, equals, rest = text.partition("=")
    if not equals or name not in services:
        if equals and (near := get_close_matches(name, sorted(services), n=1)):
            raise UsageError(f"--probe {text!r}: there is no service {name!r}", hint=f"did you mean {near[0]}?")
        name, rest = "", text
    if not rest.startswith(("http://", "https://")):
        return ProofProbe(name or _only(wanted, text), command=rest)
    parts = urlsplit(rest)
    try:
        port = parts.port
    except ValueError:
        raise UsageError(f"--probe {text!r}: its port is no number") from None
    published = _published(services, port or (443 if parts.scheme == "https" else 80))
    if not name and parts.hostname in services:
        name = str(parts.hostname)
    elif not name and published:
        name = published[0]
    name = name or _only(wanted, text)
    if published and published[0] == name and parts.hostname not in services:
        port = published[1]
    place = f"{{address}}:{port}" if port else "{address}"
    return ProofProbe(name, url=urlunsplit((parts.scheme, place, parts.path or "/", parts.query, "")))


def _only(wanted: Sequence[str], text: str) -> str:
    if len(wanted) == 1:
        return wanted[0]
    raise UsageError(f"--probe {text!r}: which service is it for?", hint=f"--probe '{wanted[0]}={text}'")


def _published(services: Mapping[str, Any], port: int) -> tuple[str, int] | None:
    """The service that publishes a port of the host, and its own port behind it."""
    for name, service in services.items():
        for each in service.get("ports") or ():
            if str(each.get("published")) == str(port) and each.get("protocol", "tcp") == "tcp":
                return name, int(each["target"])
    return None


async def ask(probe: ProofProbe, docker: Docker, facts: Mapping[str, Any], *, local: bool) -> str:
    """What is wrong, "" where it answers as it should. `facts` are the container's, as inspect gives them."""
    if probe.command:
        return await _in_container(docker, str(facts["Id"]), probe.command)
    url = probe.url.replace("{address}", _address(facts))
    nsenter = shutil.which("nsenter")
    if local and nsenter and os.geteuid() == 0:
        enter = (nsenter, f"--net=/proc/{facts['State']['Pid']}/ns/net", sys.executable, "-I", "-S", "-c", _ASK)
        done = await run_program((*enter, url, str(_SECONDS)), timeout=_SECONDS + 5)
    else:
        done = await docker.run("exec", facts["Id"], "sh", "-c", _IN_IMAGE.bare, "sh", url, str(_SECONDS), timeout=30)
    return "" if done.status == 0 else done.said


async def _in_container(docker: Docker, container: str, command: str) -> str:
    done = await docker.run("exec", container, "sh", "-c", command, timeout=_SECONDS + 20)
    if done.status in (126, 127) and b'"sh"' in done.out + done.err:  # no shell in the image
        done = await docker.run("exec", container, *shlex.split(command), timeout=_SECONDS + 20)
    return "" if done.status == 0 else f"{command!r} ends with status {done.status}: {done.said}"


def _address(facts: Mapping[str, Any]) -> str:
    networks = ((facts.get("NetworkSettings") or {}).get("Networks") or {}).values()
    return next((each["IPAddress"] for each in networks if each.get("IPAddress")), "127.0.0.1")
