"""How the benchmarks of the guard ask an engine: by each of its doors in turns, as busy for one as for the other."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import statistics
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from machines.images import BUSYBOX
from machines.own_host import OwnHost

LIST = "/v1.45/containers/json"
_LIST = f"GET {LIST} HTTP/1.1\r\nHost: docker\r\n\r\n".encode()


class Door:
    """A kept-alive connection to a socket on a host of its own."""

    def __init__(self, host: OwnHost, path: str) -> None:
        self.path = f"/proc/{host.inside[1].partition('=')[2]}/root{path}"
        self._connection = self.connect()
        self._plain = self.connect().sock

    def connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("docker")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.path)
        return connection

    def ask(self, method: str, path: str, body: Any = None, *, on: http.client.HTTPConnection | None = None) -> Any:
        connection = on or self._connection
        headers = {} if body is None else {"Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status < 300, (method, path, answer.status, content)
        return json.loads(content) if content else None

    def list_containers(self) -> None:
        """With as little of our own as can be: it is the engine's time that is asked for."""
        self._plain.sendall(_LIST)
        answer = self._plain.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        head, _, body = answer.partition(b"\r\n\r\n")
        missing = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]) - len(body)
        while missing > 0:
            missing -= len(self._plain.recv(65536))


def p50(
    doors: Mapping[str, Door], rounds: int, one: Callable[[Door], object], *, mixed: bool = False
) -> dict[str, float]:
    """Milliseconds, of each door. `mixed`: in another order each round. After what writes to the disk, an engine still
    works: a door that always came after the same other would be measured with what that one left to do."""
    taken: dict[str, list[float]] = {name: [] for name in doors}
    for number in range(rounds + 5):
        for name, door in random.sample(list(doors.items()), len(doors)) if mixed else doors.items():
            begun = time.perf_counter()
            one(door)
            if number >= 5:
                taken[name].append((time.perf_counter() - begun) * 1000)
    return {name: statistics.median(each) for name, each in taken.items()}


def list_containers(door: Door) -> None:
    door.list_containers()


def create_and_remove(door: Door) -> None:
    made = door.ask("POST", "/v1.45/containers/create", {"Image": BUSYBOX, "Cmd": ["true"], "HostConfig": {}})
    door.ask("DELETE", f"/v1.45/containers/{made['Id']}")


def at_once(door: Door, count: int) -> float:
    """Seconds until as many requests at a time, each on a connection of its own, are answered."""
    connections = [door.connect() for _ in range(count)]
    failed: list[BaseException] = []

    def one(connection: http.client.HTTPConnection) -> None:
        try:
            door.ask("GET", LIST, on=connection)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(connection,)) for connection in connections]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[0]
    return time.perf_counter() - begun


def among(host: OwnHost, work: Callable[[], int]) -> int:
    """`work` as a process of that host, where people are known by their processes; gives its exit status."""
    outer = os.fork()
    if outer == 0:
        os.setns(os.open(f"/proc/{host.inside[1].partition('=')[2]}/ns/pid", os.O_RDONLY), os.CLONE_NEWPID)
        inner = os.fork()
        if inner == 0:
            _leave(work)
        _leave(lambda: os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1]))
    return os.waitstatus_to_exitcode(os.waitpid(outer, 0)[1])


def _leave(work: Callable[[], int]) -> NoReturn:
    """Past all that the process from which this one was forked still has to do itself."""
    status = 70
    try:
        status = work()
    except BaseException:
        traceback.print_exc()
    os._exit(status)


def program(nsenter: int) -> int:
    """The process of the host that `nsenter` with this id started."""
    return int(Path(f"/proc/{nsenter}/task/{nsenter}/children").read_text().split()[0])


def resident(pid: int) -> float:
    """MiB of memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


__all__ = [
    "LIST", "Door", "among", "at_once", "create_and_remove", "list_containers", "open_files", "p50", "program",
    "resident",
]  # fmt: skip
