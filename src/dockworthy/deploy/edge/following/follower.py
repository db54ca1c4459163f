"""Lets containers that somebody recreated with `docker compose` by hand join the edge of this host.

`dockworthy deploy` copies this file to the edge's folder, and keeps it running there. It hears of every container that
starts or ends. One that belongs to a service with a route, and is not on the edge's network, joins it under the
service's secret name. Which ones belong is decided by `why_not`: read that first.

It stands alone: Python 3.7 or newer, nothing but the standard library, no command line of docker.
usage: follower.py FOLDER SOCKET    the edge's folder, and the engine's socket
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

EDGE_NETWORK = "dockworthy-edge"
PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
WORKING_DIR = "com.docker.compose.project.working_dir"
CONFIG_FILES = "com.docker.compose.project.config_files"
WRITTEN_ON_CONTAINERS = (
    "com.docker.compose.config-hash",
    "com.docker.compose.container-number",
    "com.docker.compose.oneoff",
)
"""Compose writes these on every container, and never on an image that it builds."""
FROM_DEPLOY = "-"
"""The config_files of what `dockworthy deploy` makes: Compose reads it from standard input there."""
OF_A_SWARM = ("com.docker.swarm.task.id", "com.docker.stack.namespace")
LEFT_ON_PURPOSE = ("-dockworthy-leaving", "-standby")
"""So end the names of containers that a deploy took off the edge."""

_PROJECT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_ALIAS = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}")
_SILENT = 30.0
"""Seconds without an event after which all containers are looked at again: an engine may lose an event."""
_DEPLOYING = 1.0
"""The same while a deploy is at work on a project of which something waits."""
_CALL = 20.0
_MOST_FILE = 16 * 1024 * 1024
_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between tries to reach the engine: it restarts, or is upgraded."""


class ServedProject:
    """A project that the edge serves. `aliases`: service -> its secret name on the edge's network. `folders`: how the
    folder is spelt from which it was deployed last; () where that is not known."""

    def __init__(self, aliases: Mapping[str, str], folders: tuple[str, ...]) -> None:
        self.aliases = aliases
        self.folders = folders


def why_not(
    container: Mapping[str, Any], labels_of_image: Mapping[str, str] | None, project: ServedProject
) -> str | None:
    """Why a container of a routed service may not join the edge; None where it may. Pure.

    `container`: as GET /containers/json lists it. Its labels say which project and service it is of. Whoever may create
    containers chooses labels, so a guard limits who may write which project's; but an image, too, brings labels along,
    and everybody can build one: what Compose itself wrote is told from that. `labels_of_image`: None where the image is
    gone.
    """
    labels = container.get("Labels") or {}
    if any(label in labels for label in OF_A_SWARM):
        return "it is of a swarm"
    number, oneoff = labels.get(WRITTEN_ON_CONTAINERS[1], ""), labels.get(WRITTEN_ON_CONTAINERS[2], "")
    if oneoff == "True":
        return "`docker compose run` made it, and not the service"
    if not _HASH.fullmatch(labels.get(WRITTEN_ON_CONTAINERS[0], "")) or not number.isdigit() or oneoff != "False":
        return "Compose did not make it"
    if labels_of_image is None:
        return "its image is gone, so nobody can tell which of its labels are Compose's"
    if any(label in labels_of_image for label in WRITTEN_ON_CONTAINERS):
        return "its image brings labels along that Compose writes on containers, so anybody may have started it"
    if labels.get(WORKING_DIR, "") not in project.folders:
        return (
            f"it was started in the folder {labels.get(WORKING_DIR, '')!r}, and the project was deployed from another"
        )
    mode = (container.get("HostConfig") or {}).get("NetworkMode", "")
    if mode in ("host", "none") or mode.startswith("container:"):
        return f"it has network_mode: {mode.partition(':')[0]}"
    return None


def is_left_to_deploys(container: Mapping[str, Any]) -> bool:
    """What a deploy made or took off the edge: that joins when the deploy says so."""
    labels = container.get("Labels") or {}
    file = str(labels.get(CONFIG_FILES, "")).rpartition("/")[2]
    return file == FROM_DEPLOY or name_of(container).endswith(LEFT_ON_PURPOSE)


def name_of(container: Mapping[str, Any]) -> str:
    names = container.get("Names") or [container["Id"][:12]]
    return str(names[0]).lstrip("/")


def is_on_edge(container: Mapping[str, Any]) -> bool:
    return EDGE_NETWORK in ((container.get("NetworkSettings") or {}).get("Networks") or {})


class EngineFault(Exception):
    """The engine said no, or nothing."""


class EngineApi:
    """The API of the engine at a unix socket."""

    def __init__(self, path: str) -> None:
        self._path = path

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """None for what is not there. Raises EngineFault."""
        try:
            with self._connected(_CALL) as way:
                content = None if body is None else json.dumps(body).encode()
                way.request(method, path, content, {"Content-Type": "application/json"} if content else {})
                answer = way.getresponse()
                text = answer.read()
            if answer.status == 404 and method == "GET":
                return None
            said = json.loads(text) if text.strip() else None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise EngineFault(str(error) or type(error).__name__) from None
        if answer.status >= 400:
            raise EngineFault(str(said.get("message") if isinstance(said, dict) else said))
        return said

    @contextlib.contextmanager
    def started(self, seconds: float) -> Iterator[Iterator[Mapping[str, Any]]]:
        """The labels of each container that starts or ends, as it does. The iterator ends with `seconds` of silence, or
        with the engine. Raises EngineFault."""
        wanted = json.dumps({"type": ["container"], "event": ["start", "die"]}, separators=(",", ":"))
        with self._connected(seconds) as way:
            try:
                way.request("GET", f"/events?filters={_quoted(wanted)}")
                answer = way.getresponse()
                if answer.status != 200:
                    raise EngineFault(f"it answers {answer.status} when it is asked for events")
            except (OSError, http.client.HTTPException) as error:
                raise EngineFault(str(error) or type(error).__name__) from None
            yield _events(answer)

    @contextlib.contextmanager
    def _connected(self, seconds: float) -> Iterator[http.client.HTTPConnection]:
        way = http.client.HTTPConnection("localhost", timeout=seconds)
        way.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            way.sock.settimeout(seconds)
            try:
                way.sock.connect(self._path)
            except OSError as error:
                raise EngineFault(f"{self._path}: {error.strerror or error}") from None
            yield way
        finally:
            way.close()


def _events(answer: http.client.HTTPResponse) -> Iterator[Mapping[str, Any]]:
    while True:
        try:
            line = answer.readline()
        except socket.timeout:  # noqa: UP041 # another class before Python 3.10
            return
        except (OSError, http.client.HTTPException) as error:
            raise EngineFault(str(error) or type(error).__name__) from None
        if not line:
            raise EngineFault("the engine hung up")
        with contextlib.suppress(ValueError, AttributeError):
            yield (json.loads(line).get("Actor") or {}).get("Attributes") or {}


def _quoted(text: str) -> str:
    return "".join(letter if letter.isalnum() else f"%{ord(letter):02X}" for letter in text)


class EdgeFollower:
    """`folder`: the edge's. What it refused stands in `follow/told.json`, for `dockworthy edge status`."""

    def __init__(self, folder: str, engine: EngineApi) -> None:
        self._folder = folder
        self._engine = engine
        self._told: dict[str, Any] | None = None

    def run(self) -> None:
        """Until its own file is gone or is another one."""
        own = _identity(__file__)
        failures, waits = 0, False
        while own is not None and _identity(__file__) == own:
            try:
                with self._engine.started(_DEPLOYING if waits else _SILENT) as events:
                    waits = self.look()  # after the engine began to tell: nothing falls in between
                    failures = 0
                    for labels in () if waits else events:  # the end of a deploy is no event
                        if self._serves(labels.get(PROJECT, "")):
                            waits = self.look() or waits
                        if waits:
                            break
                if waits:
                    time.sleep(_DEPLOYING)
            except EngineFault as fault:
                if failures == 0:
                    say(f"the engine does not answer: {fault}")
                time.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1

    def look(self) -> bool:
        """Lets those join that may. Does one wait for a deploy to end? Raises EngineFault."""
        wanted = json.dumps({"label": [PROJECT], "status": ["running"]}, separators=(",", ":"))
        refused: dict[str, dict[str, str]] = {}
        waits = False
        for container in self._engine.ask("GET", f"/containers/json?filters={_quoted(wanted)}") or ():
            labels = container.get("Labels") or {}
            name, service = str(labels.get(PROJECT, "")), str(labels.get(SERVICE, ""))
            if is_on_edge(container) or is_left_to_deploys(container) or not self._serves(name):
                continue
            project = self._project(name)
            if project is None or service not in project.aliases:
                continue
            if self._is_deployed_now(name):
                waits = True
                continue
            why = self._join(container, project, project.aliases[service])
            if why is not None:
                refused[container["Id"]] = {"name": name_of(container), "why": why}
        self._tell(refused)
        return waits

    def _join(self, container: Mapping[str, Any], project: ServedProject, alias: str) -> str | None:
        """Why it does not. What is wrong with one container keeps no other one waiting."""
        try:
            image = self._engine.ask("GET", f"/images/{_quoted(str(container.get('ImageID', '')))}/json")
            labels = None if image is None else (image.get("Config") or {}).get("Labels") or {}
            why = why_not(container, labels, project)
            if why is None:
                body = {"Container": container["Id"], "EndpointConfig": {"Aliases": [alias]}}
                self._engine.ask("POST", f"/networks/{EDGE_NETWORK}/connect", body)
                say(f"{name_of(container)} joined the edge")
        except EngineFault as fault:
            return f"the engine says: {str(fault).replace(alias, '***')}"
        return why

    def _serves(self, project: str) -> bool:
        return bool(_PROJECT_NAME.fullmatch(project)) and os.path.exists(f"{self._folder}/routes/{project}.json")

    def _project(self, name: str) -> ServedProject | None:
        routes = _read(f"{self._folder}/routes/{name}.json")
        if not isinstance(routes, dict):
            return None
        aliases = routes.get("aliases") or {}
        known = _read(f"{self._folder}/follow/folders/{name}.json")
        folders = tuple(str(each) for each in known) if isinstance(known, list) else ()
        return ServedProject(
            {str(key): str(value) for key, value in aliases.items() if _ALIAS.fullmatch(str(value))}, folders
        )

    def _is_deployed_now(self, project: str) -> bool:
        """Does somebody hold the project's lock? A deploy decides what joins, and when."""
        folder = f"{os.path.dirname(self._folder)}/releases/{project}"
        try:
            epochs = [int(name[5:]) for name in os.listdir(folder) if name.startswith("lock.") and name[5:].isdigit()]
            lock = os.open(f"{folder}/lock.{max(epochs)}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError):
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            os.close(lock)
        return False

    def _tell(self, refused: dict[str, dict[str, str]]) -> None:
        path = f"{self._folder}/follow/told.json"
        if refused == self._told and os.path.exists(path):
            return
        for id, each in refused.items():
            if id not in (self._told or {}):
                say(f"{each['name']} does not join the edge: {each['why']}")
        try:
            with open(f"{path}.new", "w") as file:
                json.dump({"refused": refused}, file)
            os.replace(f"{path}.new", path)
            self._told = refused
        except OSError as error:
            say(f"{path} can't be written: {error.strerror}")


def _read(path: str) -> Any:
    """None where it is not there, or can't be read."""
    try:
        with open(path, "rb") as file:
            return json.loads(file.read(_MOST_FILE))
    except (OSError, ValueError):
        return None


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main() -> int:
    """One at a time for an edge: `follow/lock` tells, and holds the number of its process."""
    folder, engine = sys.argv[1:3]
    os.umask(0o077)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    lock = os.open(f"{folder}/follow/lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 0
    os.ftruncate(lock, 0)
    os.write(lock, b"%d\n" % os.getpid())
    EdgeFollower(folder, EngineApi(engine)).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
