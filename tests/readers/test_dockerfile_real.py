"""What a Dockerfile is read as is what BuildKit makes of it: built at a real engine, and its image inspected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dockworthy.errors import UnreadableInput
from dockworthy.model.build import ImageBuild, Instruction
from dockworthy.model.field import Set
from dockworthy.readers.dockerfile.build import read_dockerfile
from machines.engines import OwnEngine

pytestmark = pytest.mark.engine

NAME = "dockworthy-test-dockerfile:1"

WORDS = r"""# syntax is not given: nothing is pulled
ARG GLOBAL=outer
ARG LATER=from-outside
FROM scratch AS base
ARG GLOBAL
ARG WITH=default EMPTY=
ENV ONE=$GLOBAL TWO="two words" THREE='$ONE' FOUR=${WITH:-x}-${EMPTY:-was-empty}${NOBODY-}
ENV FIVE=a\ b SIX="in \"quotes\" \$ONE" SEVEN=${ONE:+alt} EIGHT=${NOBODY:-${ONE}s}
ENV OLD the old form
ENV ONE=again SAME=$ONE LATER=env NOVALUE=env
ARG ONE=arg
ARG LATER
ARG NOVALUE
LABEL one="$ONE" "two words"="x y" later=$LATER none=$NOVALUE
WORKDIR /srv/$WITH
EXPOSE 80 ${PORT:-8080}/udp
# a comment between
FROM base AS Final
USER ${NAME:-1000}:1000
ENV NINE=\
# inside
nine \
  TEN=ten
HEALTHCHECK --interval=5s --retries=2 CMD ["/ok", "$ONE"]
COPY <<-"A" <<B /etc/
	first $ONE
	A
second $ONE
B
ENTRYPOINT [ "/shop", "--flag" ]
CMD serve "$ONE" && \
    exec again
STOPSIGNAL SIGQUIT
"""


@pytest.fixture
def build(own_engine: OwnEngine, tmp_path: Path) -> Iterator[Any]:
    """Builds a text with an empty context; gives what Docker said, with its exit status."""

    def run(text: str) -> Any:
        (tmp_path / "context").mkdir(exist_ok=True)
        (tmp_path / "Dockerfile").write_bytes(text.encode())
        command = ("build", "-q", "-t", NAME, "-f", str(tmp_path / "Dockerfile"), str(tmp_path / "context"))
        return own_engine.docker(*command, check=False)

    yield run
    own_engine.docker("image", "rm", "-f", NAME, check=False)
    own_engine.docker("builder", "prune", "-af", check=False)


def read(text: str) -> ImageBuild:
    return read_dockerfile(text, "Dockerfile", path=None)


def value(field: Any) -> str:
    assert isinstance(field, Set), field
    return str(field.value)


def effective(build: ImageBuild, keyword: str) -> Instruction:
    found = build.effective(keyword)
    assert found is not None
    return found


def pairs(build: ImageBuild, keyword: str) -> dict[str, str]:
    return {p.name: value(p.value) for _, i in build.instructions(keyword) for p in i.pairs}


def test_values_are_those_of_the_image(own_engine: OwnEngine, build: Any) -> None:
    done = build(WORDS)
    assert done.returncode == 0, done.stderr.decode()
    config, ours = own_engine.inspect(NAME)["Config"], read(WORDS)
    assert dict(entry.split("=", 1) for entry in config["Env"]) == {**pairs(ours, "ENV"), "PATH": _path(config)}
    assert config["Labels"] == pairs(ours, "LABEL")
    assert config["User"] == value(effective(ours, "USER").words[0])
    assert config["WorkingDir"] == value(effective(ours, "WORKDIR").words[0])
    assert set(config["ExposedPorts"]) == {
        f"{p}/tcp".replace("/udp/tcp", "/udp") for p in map(value, effective(ours, "EXPOSE").words)
    }
    assert config["Entrypoint"] == list(effective(ours, "ENTRYPOINT").exec_form or ())
    assert config["Cmd"][-1] == effective(ours, "CMD").text
    assert config["Healthcheck"]["Test"] == ["CMD", *(effective(ours, "HEALTHCHECK").exec_form or ())]
    assert config["StopSignal"] == value(effective(ours, "STOPSIGNAL").words[0])


def _path(config: dict[str, Any]) -> str:
    """The builder's own addition to an image from scratch."""
    return next(entry.split("=", 1)[1] for entry in config["Env"] if entry.startswith("PATH="))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "USER 1\n",
        "FROM\n",
        "FROM scratch b\n",
        "FROM scratch AS 1b\n",
        "FROM scratch\nUSERS 1\n",
        "FROM scratch\nCOPY <<EOF /x\nnever\n",
        "FROM scratch\nCOPY x\n",
        "FROM scratch\nCMD [1]\n",
        "FROM scratch\nENV A\n",
        "FROM scratch\nENV A=1 B\n",
        "FROM scratch\nLABEL x=${A\n",
        "FROM scratch\nENV x='a\n",
        "FROM scratch\nONBUILD FROM b\n",
        "FROM scratch\nHEALTHCHECK /x\n",
        "FROM scratch\nENV A=${B:?must}\n",
        "# escape=x\nFROM scratch\n",
        "# escape=`\n# escape=`\nFROM scratch\n",
        "FROM scratch\nENV A=" + "x" * 65_600 + "\n",
    ],
)
def test_both_refuse(build: Any, text: str) -> None:
    assert build(text).returncode != 0
    with pytest.raises(UnreadableInput):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "from scratch\nuser 1\n",
        "FROM scratch\r\nENV A=b \\\r\n  C=d\r\n",
        "\ufeffFROM scratch\nENV A=b\n",
        "FROM scratch\nENV A=b \\\n\n\n# c\n  C=d\n",
        "FROM scratch\nENV A=b \\",
        "FROM scratch\nCMD [ 'a' ]\n",
        "FROM scratch\nCMD []\n",
        "FROM scratch\nENV A=$\n",
        "FROM scratch\nENV A=${B}\nENV A=a${A:-x}\n",
        "# escape=`\nFROM scratch\nENV A=C:\\ `\n  B=c\n",
        "# comment\n# escape=`\nFROM scratch\nENV A=b \\\n  C=d\n",
        "ARG A\nFROM scratch AS a-b.c_d\nFROM a-b.c_d\nENV A=b\n",
        "FROM scratch\nONBUILD ENV A=b\nENV A=c\n",
        "FROM scratch\nCOPY <<A <<B /x/\na\nA\nb\nB\nENV A=b\n",
        "FROM scratch\nLABEL a b c\n",
        "FROM scratch\nEXPOSE\t80   81\n",
    ],
)
def test_both_accept_and_agree(own_engine: OwnEngine, build: Any, text: str) -> None:
    done = build(text)
    assert done.returncode == 0, done.stderr.decode()
    config, ours = own_engine.inspect(NAME)["Config"], read(text)
    written = {
        pair.name: value(pair.value)
        for _, instruction in ours.instructions("ENV")
        for pair in instruction.pairs
        if not instruction.trigger
    }
    theirs = dict(entry.split("=", 1) for entry in config["Env"] or ())
    assert {name: theirs.get(name) for name in written} == written
    assert len(config.get("ExposedPorts") or ()) == sum(len(i.words) for _, i in ours.instructions("EXPOSE"))
