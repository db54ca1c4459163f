"""An edge that a team has already: HAProxy in a container of theirs, which finds `web` by the engine's DNS."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from machines.engines import OwnEngine

IMAGE = "dockworthy-test-their-edge:1.0"
CONFIGURATION = """
global
  log stdout format raw local0
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  timeout check 5s
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response
resolvers engine
  nameserver dns 127.0.0.11:53
  hold valid 200ms
  hold obsolete 0
  hold nx 0
  timeout resolve 200ms
frontend in
  bind :80
  default_backend web
backend web
  option httpchk GET /health
  default-server init-addr none check inter 200ms fall 1 rise 1
  server-template web 4 web:8000 resolvers engine resolve-prefer ipv4
"""


def make_their_image(engine: OwnEngine) -> str:
    """Of this machine's haproxy, with the libraries that it loads."""
    if engine.docker("image", "inspect", IMAGE, check=False).returncode == 0:
        return IMAGE
    program = shutil.which("haproxy", path="/usr/sbin:/usr/bin") or ""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    libraries = {word for line in listed.splitlines() for word in line.split() if word.startswith("/")}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in sorted({program, *libraries}):
            entry = tar.gettarinfo(str(Path(path).resolve()), arcname=path.lstrip("/"))
            with Path(path).open("rb") as file:
                tar.addfile(entry, file)
        entry = tarfile.TarInfo("haproxy.cfg")
        entry.size = len(CONFIGURATION)
        tar.addfile(entry, io.BytesIO(CONFIGURATION.encode()))
    engine.docker(
        "import", "--change", f'CMD ["{program}", "-f", "/haproxy.cfg"]', "-", IMAGE, input=archive.getvalue()
    )
    return IMAGE
