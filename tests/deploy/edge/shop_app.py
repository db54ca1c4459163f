"""A small application in an image of the test's: busybox' httpd, or a server of our own in this machine's Python."""

from __future__ import annotations

import io
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

from machines.engines import OwnEngine

IMAGE = "dockworthy-test-edge-app:1.3"

SERVER = """
import asyncio, os, signal, sys

NAME, ON_TERM = os.environ["NAME"].encode(), os.environ.get("ON_TERM", "exit")
DELAY = float(os.environ.get("DELAY", "0"))
BUSY, LEAVING = set(), []


async def serve(reader, writer):
    try:
        while (head := await reader.readuntil(b"\\r\\n\\r\\n")):
            if b"\\nupgrade: websocket" in head.lower():
                writer.write(b"HTTP/1.1 101 Go\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n")
                writer.write(b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\\r\\n\\r\\n")  # RFC 6455's example
                while (data := await reader.read(1000)):
                    writer.write(data)
                    await writer.drain()
                return
            length = [line for line in head.lower().split(b"\\r\\n") if line.startswith(b"content-length:")]
            body = await reader.readexactly(int(length[0].split(b":")[1])) if length else b""
            BUSY.add(writer)
            answer = NAME + b"\\n" + head + body
            status = b"503 Leaving" if LEAVING and b" /health" in head else b"200 OK"
            writer.write(b"HTTP/1.1 %s\\r\\nContent-Length: %d\\r\\n\\r\\n" % (status, len(answer)) + answer)
            await writer.drain()
            BUSY.discard(writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        BUSY.discard(writer)
        writer.close()


async def main():
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    does = {"exit": lambda: os._exit(0), "finish": asked.set}.get(ON_TERM, lambda: None)
    loop.add_signal_handler(signal.SIGTERM, does)
    loop.add_signal_handler(signal.SIGUSR1, LEAVING.append, True)
    await asyncio.sleep(DELAY)
    server = await asyncio.start_server(serve, "0.0.0.0", 8000, backlog=1000)
    await asked.wait()
    server.close()
    while BUSY:
        await asyncio.sleep(0.01)
    os._exit(0)

asyncio.run(main())
"""


def make_app_image(engine: OwnEngine) -> str:
    if engine.docker("image", "inspect", IMAGE, check=False).returncode:
        engine.docker("import", "-", IMAGE, input=_root())
    return IMAGE


def _root() -> bytes:
    """This machine's python3 with its standard library and the libraries that they load."""
    python = Path(sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib"))
    wanted = [python, *library.glob("lib-dynload/_*.so"), *library.glob("lib-dynload/select*.so")]
    wanted += [*library.glob("lib-dynload/math*.so")]
    listed = subprocess.run(["ldd", *map(str, wanted)], capture_output=True, text=True).stdout
    names = {word for line in listed.splitlines() for word in line.split() if word.startswith("/") and word[-1] != ":"}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in sorted({str(python), *names}):
            entry = tar.gettarinfo(str(Path(path).resolve()), arcname=path.lstrip("/"))
            with Path(path).open("rb") as file:
                tar.addfile(entry, file)
        tar.add(library, arcname=str(library).lstrip("/"), filter=_needed)
        entry = tarfile.TarInfo("server.py")
        entry.size = len(SERVER.encode())
        tar.addfile(entry, io.BytesIO(SERVER.encode()))
    return archive.getvalue()


def _needed(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    heavy = ("/test/", "/idlelib", "/lib2to3", "/ensurepip", "/dist-packages", "/site-packages", "/config-", "/turtle")
    return None if any(part in f"/{entry.name}/" or part in f"/{entry.name}" for part in heavy) else entry


COMMAND = (str(Path(sys.executable).resolve()), "-I", "/server.py")
