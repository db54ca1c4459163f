"""A repaired Dockerfile builds at a real engine, to the image that it built before but for what the fixes say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fix.build_repairs import repaired
from machines.engines import OwnEngine

pytestmark = pytest.mark.engine

NAMES = ("dockworthy-test-build-fix:before", "dockworthy-test-build-fix:after")

BEFORE = """\
# syntax is not given: nothing is pulled
FROM {base}
MAINTAINER "Ann <ann@example.com>"
ENV TOOLS one  \\
  # between
  $PATH two
ENV PORT 80
COPY recorder /bin/apt-get
COPY recorder /bin/pip
ADD shop.txt /srv/
WORKDIR /srv
WORKDIR deep
RUN apt-get update
RUN apt-get install -y curl \\
      # why
      'g it'
RUN <<EOF
set -e
pip install flask
EOF
CMD ["old"]
CMD cat /log "/srv/shop.txt"
"""

LOG = ["update", "install --no-install-recommends -y curl g it", "install --no-cache-dir flask"]


@pytest.fixture
def context(own_engine: OwnEngine, tmp_path: Path) -> Iterator[Path]:
    """A folder with a stand-in for package managers, which writes down how it is called."""
    (tmp_path / "shop.txt").write_text("the shop\n")
    (tmp_path / "recorder").write_text('#!/bin/sh\nmkdir -p /var/lib/apt/lists/$1\necho "$*" >>/log\n')
    (tmp_path / "recorder").chmod(0o755)
    yield tmp_path
    own_engine.docker("image", "rm", "-f", *NAMES, check=False)
    own_engine.docker("builder", "prune", "-af", check=False)


def built(engine: OwnEngine, context: Path, name: str, text: str) -> Any:
    (context / "Dockerfile").write_text(text)
    engine.docker("build", "-q", "-t", name, str(context))
    return engine.inspect(name)["Config"]


def test_image_is_the_same_but_for_what_the_fixes_say(own_engine: OwnEngine, busybox_image: str, context: Path) -> None:
    text = BEFORE.format(base=busybox_image)
    done = repaired(text)
    assert not done.not_made and "apt-get update && \\\n" in done.text
    before = built(own_engine, context, NAMES[0], text)
    after = built(own_engine, context, NAMES[1], done.text)

    for key in ("Env", "WorkingDir", "Entrypoint", "User"):
        assert before[key] == after[key], key
    assert after["WorkingDir"] == "/srv/deep" and "PORT=80" in after["Env"]
    assert after["Labels"] == {"org.opencontainers.image.authors": "Ann <ann@example.com>"}
    assert after["Cmd"] == ["cat", "/log", "/srv/shop.txt"]
    said = own_engine.docker("run", "--rm", "--network", "none", NAMES[1]).stdout.decode().splitlines()
    assert said == [*LOG, "the shop"]
    lists = own_engine.docker("run", "--rm", "--network", "none", NAMES[1], "ls", "/var/lib/apt/lists")
    assert lists.stdout == b"install\n", "what pip's stand-in left behind; apt's are gone"
