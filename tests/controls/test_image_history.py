"""The words of the builders that people use, and what is no builder at all."""

from __future__ import annotations

from typing import Any

import pytest
from asked import judgements, outcome

from dockworthy.controls.image._history import instruction


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("RUN /bin/sh -c make # buildkit", ("RUN", "make")),
        ("RUN |2 A=1 B=2 /bin/sh -c make # buildkit", ("RUN", "make")),
        ("RUN /bin/bash -o pipefail -c make # buildkit", ("RUN", "/bin/bash -o pipefail -c make")),
        ("|1 A=1 /bin/sh -c make", ("RUN", "make")),
        ("/bin/sh -c make", ("RUN", "make")),
        ('/bin/sh -c #(nop)  CMD ["sh"]', ("CMD", '["sh"]')),
        ("/bin/sh -c #(nop) ADD file:12 in / ", ("ADD", "file:12 in /")),
        ("COPY . /app # buildkit", ("COPY", ". /app")),
        ("ENV A=b", ("ENV", "A=b")),
        ("bazel build ...", ("", "bazel build ...")),
        ("jib-maven-plugin:3.4", ("", "jib-maven-plugin:3.4")),
        ("", ("", "")),
    ],
)
def test_instruction(written: str, expected: tuple[str, str]) -> None:
    assert instruction(written) == expected


def made_by(*lines: str, **config: Any) -> dict[str, Any]:
    """Newest first, as the engine has it."""
    image = {"inspect": {"Config": config}, "history": [{"CreatedBy": line} for line in lines]}
    return {"engine": {"images": [image]}}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("apt-get update", "fail"),
        ("apt-get -qq update", "fail"),
        ("set -eux; apt update;", "fail"),
        ("if true; then apk update; fi", "fail"),
        ("DEBIAN_FRONTEND=noninteractive apt-get update", "fail"),
        ("apt-get update && apt-get install -y curl", "pass"),
        ("apt-get update && apt-get dist-upgrade -y", "pass"),
        ("apk add --update curl", "pass"),
        ("yum update -y", "pass"),
        ("echo apt-get update", "pass"),
        ("cat /usr/share/apt-get update.txt", "pass"),
        ("npm update", "pass"),
        ("pip install x && apt-get update", "pass"),
    ],
)
def test_package_lists(step: str, expected: str) -> None:
    assert outcome("image/package-lists", made_by(f"RUN /bin/sh -c {step} # buildkit")) == expected
    assert outcome("image/package-lists", made_by(f"/bin/sh -c {step}")) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("httpd -f", 'CMD ["httpd" "-f"]'), "fail"),
        (('CMD ["httpd" "-f"]', "COPY . / # buildkit"), "pass"),
        (('/bin/sh -c #(nop)  CMD ["httpd" "-f"]',), "pass"),
        (("bazel build ...",), "pass"),
        (("", ""), "unknown"),
        ((), "unknown"),
    ],
)
def test_commit(lines: tuple[str, ...], expected: str) -> None:
    assert outcome("image/built-from-file", made_by(*lines, Cmd=["httpd", "-f"])) == expected


def test_a_shell_as_command_is_no_commit() -> None:
    """A build step `RUN /bin/sh` reads like the command of a container that was committed."""
    assert outcome("image/built-from-file", made_by("/bin/sh -c make", Cmd=["/bin/sh", "-c", "make"])) == "pass"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ADD https://example.com/tool /bin/ # buildkit", "fail"),
        ("ADD git@example.com:tool.git#main /src # buildkit", "fail"),
        ("ADD --chown=1000 http://example.com/tool /bin/ # buildkit", "fail"),
        ("ADD --checksum=sha256:24 https://example.com/tool /bin/ # buildkit", "pass"),
        ("ADD rootfs.tar.xz / # buildkit", "pass"),
        ("/bin/sh -c #(nop) ADD file:1b2c in / ", "pass"),
        ("/bin/sh -c #(nop) ADD multi:1b2c in /app/ ", "pass"),
        ("/bin/sh -c #(nop) ADD 1b2c3d in /bin/tool ", "fail"),
        ("RUN /bin/sh -c curl https://example.com/tool # buildkit", "pass"),
    ],
)
def test_remote_add(line: str, expected: str) -> None:
    assert outcome("image/remote-add", made_by(line)) == expected


def test_each_place_of_a_secret_is_named_and_no_value_is_shown() -> None:
    facts = made_by("ENV DB_PASSWORD=hash:0011223344556677", Env=["DB_PASSWORD=hash:0011223344556677"])
    (judged,) = judgements("image/secrets", facts)
    assert len(judged.evidence) == 2
    assert all("0011223344556677" not in evidence.says for evidence in judged.evidence)
