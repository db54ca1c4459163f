"""Files of somebody else, as in a pull request: they get nothing of the machine that judges them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dockworthy.cli.run import run
from dockworthy.readers.compose import find_compose
from known_failures import git

pytestmark = pytest.mark.slow

CANARY = "kanarienvogel-7f3a"
"""Stands in the environment and in every file outside of the checkout: nothing that is said may hold it."""

FORMATS = ("table", "json", "sarif", "junit", "github", "gitlab", "markdown", "html")
RULES = f"""
policy:
  rules:
    - id: custom/asks-the-image
      severity: low
      when: "workload.image.contains('{CANARY[:12]}')"
      says: The image says it
    - id: custom/asks-the-environment
      severity: low
      when: "workload.environment.exists(k, workload.environment[k].contains('{CANARY[:12]}'))"
      says: The environment says it
    - id: custom/asks-the-labels
      severity: low
      when: "workload.labels.exists(k, workload.labels[k].contains('{CANARY[:12]}') || k.contains('{CANARY[:12]}'))"
      says: A label says it
    - id: custom/asks-the-command
      severity: low
      when: "has(workload.command) && workload.command.exists(c, c.contains('{CANARY[:12]}'))"
      says: The command says it
"""


class Outside:
    """A machine with a checkout, and things beside it that are none of the checkout's business."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "machine"
        self.checkout = folder / "machine" / "shop"
        self.checkout.mkdir(parents=True)
        (self.folder / "variables").write_text(f"WORD={CANARY}\n{CANARY}=x\n")
        (self.folder / "secret").write_text(f"{CANARY}\n")
        (self.folder / "not.yaml").write_text(f"{CANARY}: [\n")
        (self.folder / "project.yaml").write_text(f"services:\n  base: {{image: 'x/{CANARY}:1'}}\n")
        (self.folder / "Dockerfile").write_text(f"FROM x/{CANARY}:latest\nRUN sudo {CANARY}\n")
        (self.folder / "policy.yaml").write_text(f"policy: {{level: {CANARY}}}\n")
        inner = self.folder / "context"
        inner.mkdir()
        (inner / "Dockerfile").write_text("FROM debian:13\nCOPY . /\n")
        (inner / ".env").write_text(f"DB_PASSWORD={CANARY}\n")
        (inner / f"{CANARY}.env").write_text("DB_PASSWORD=correct-horse-battery\n")

    def write(self, files: dict[str, str]) -> None:
        """A text that begins with `->` is a link."""
        for name, text in files.items():
            path = self.checkout / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text.startswith("->"):
                path.symlink_to(text[2:])
            else:
                path.write_text(text)


@pytest.fixture(params=["git", "no git"])
def machine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outside:
    found = Outside(tmp_path)
    monkeypatch.chdir(found.checkout)
    if request.param == "git":
        git("init", "-q", "-b", "main")
        git("config", "http.https://github.com/.extraheader", f"AUTHORIZATION: basic {CANARY}")
    for name in ("CI_DEPLOY_TOKEN", "EMPTY_DEFAULT"):
        monkeypatch.setenv(name, CANARY)
    monkeypatch.setenv("HOME", f"/home/{CANARY}")
    return found


def service(**keys: Any) -> str:
    return json.dumps({"services": {"web": {"image": "shop:1", **keys}}})


ATTACKS: dict[str, dict[str, str]] = {
    "a variable": {"compose.yaml": service(image="x/${CI_DEPLOY_TOKEN}:1")},
    "a variable without braces": {"compose.yaml": service(image="x/$CI_DEPLOY_TOKEN")},
    "a variable with a default": {"compose.yaml": service(image="x/${CI_DEPLOY_TOKEN:-y}:1")},
    "a variable inside of a default": {"compose.yaml": service(image="x/${NOT_SET:-${CI_DEPLOY_TOKEN}}:1")},
    "a variable that is needed": {"compose.yaml": service(image="x/${CI_DEPLOY_TOKEN:?needed}:1")},
    "a variable in a command": {"compose.yaml": service(command=["run", "--x=${CI_DEPLOY_TOKEN}"])},
    "a variable in a label": {"compose.yaml": service(labels={"x": "${CI_DEPLOY_TOKEN}"})},
    "a variable in a port": {"compose.yaml": service(ports=["${CI_DEPLOY_TOKEN}:80"])},
    "a variable for a truth value": {"compose.yaml": service(privileged="${CI_DEPLOY_TOKEN}")},
    "a variable in a network's name": {
        "compose.yaml": json.dumps(
            {
                "services": {"web": {"image": "x", "networks": ["a"]}},
                "networks": {"a": {"name": "${CI_DEPLOY_TOKEN}"}},
            }
        )
    },
    "a variable in a volume's name": {
        "compose.yaml": json.dumps(
            {
                "services": {"web": {"image": "x", "volumes": ["a:/etc"]}},
                "volumes": {"a": {"name": "${CI_DEPLOY_TOKEN}"}},
            }
        )
    },
    "a variable in the project's name": {
        "compose.yaml": "name: ${CI_DEPLOY_TOKEN}\n"
        "services: {web: {image: 'x/${COMPOSE_PROJECT_NAME}', volumes: ['/:${COMPOSE_PROJECT_NAME}']}}\n"
    },
    "a variable in what is included": {"compose.yaml": "include: ['${CI_DEPLOY_TOKEN}.yaml']\n"},
    "a variable in what is extended": {
        "compose.yaml": "services: {web: {extends: {file: '${CI_DEPLOY_TOKEN}.yaml', service: a}}}\n"
    },
    "a name in the environment": {"compose.yaml": service(environment=["CI_DEPLOY_TOKEN"])},
    "a null in the environment": {"compose.yaml": service(environment={"CI_DEPLOY_TOKEN": None})},
    "by way of .env": {
        ".env": "A=x${CI_DEPLOY_TOKEN}\nB=$A\n",
        "compose.yaml": service(image="x/${B}", labels=["a=$A"]),
    },
    "a name in .env": {".env": "CI_DEPLOY_TOKEN\n", "compose.yaml": service(image="x/${CI_DEPLOY_TOKEN}")},
    "a name in an env file": {"a.env": "CI_DEPLOY_TOKEN\n", "compose.yaml": service(env_file="a.env")},
    "by way of an env file": {"a.env": "A=${CI_DEPLOY_TOKEN}\n", "compose.yaml": service(env_file="a.env")},
    "by way of a label file": {"a.env": "A=${CI_DEPLOY_TOKEN}\n", "compose.yaml": service(label_file="a.env")},
    "the home": {"compose.yaml": service(volumes=["~/x:/x", "~:/y", "/:/host"])},
    "a secret from the environment": {
        "compose.yaml": "services: {web: {image: x, secrets: [a]}}\nsecrets: {a: {environment: CI_DEPLOY_TOKEN}}\n"
    },
    "an env file outside": {"compose.yaml": service(env_file="../variables")},
    "an env file outside, raw": {"compose.yaml": service(env_file=[{"path": "../variables", "format": "raw"}])},
    "an env file by its absolute path": {"compose.yaml": service(env_file="{outside}/variables")},
    "a link to an env file": {"a.env": "->../variables", "compose.yaml": service(env_file="a.env")},
    "a link to a folder": {"there": "->..", "compose.yaml": service(env_file="there/variables")},
    "an env file of the kernel": {"compose.yaml": service(env_file="/proc/self/environ")},
    "a link to the kernel": {"a.env": "->/proc/self/environ", "compose.yaml": service(env_file="a.env")},
    "by way of the kernel": {"compose.yaml": service(env_file="/proc/self/cwd/../variables")},
    "a label file outside": {"compose.yaml": service(label_file="../variables")},
    "a link for .env": {".env": "->../variables", "compose.yaml": service(image="x/${WORD}:1")},
    "a link for .env, with a default": {".env": "->../variables", "compose.yaml": service(image="x/${WORD:-y}:1")},
    "Git's own files": {"compose.yaml": service(env_file=[{"path": ".git/config", "format": "raw"}])},
    "Git's own files as labels": {"compose.yaml": service(label_file=".git/config")},
    "extends outside": {"compose.yaml": service(extends={"file": "../project.yaml", "service": "base"})},
    "extends what is no YAML": {"compose.yaml": service(extends={"file": "../not.yaml", "service": "base"})},
    "includes outside": {"compose.yaml": "include: [../project.yaml]\nservices: {web: {image: x}}\n"},
    "includes what is no YAML": {"compose.yaml": "include: [../not.yaml]\nservices: {web: {image: x}}\n"},
    "an included project's folder outside": {
        "compose.yaml": "include: [{path: b.yaml, project_directory: ../context}]\nservices: {web: {image: x}}\n",
        "b.yaml": "services: {b: {image: 'x/${DB_PASSWORD:-y}'}}\n",
    },
    "an included env file outside": {
        "compose.yaml": "include: [{path: b.yaml, env_file: ../variables}]\nservices: {web: {image: x}}\n",
        "b.yaml": "services: {b: {image: 'x/${WORD}'}}\n",
    },
    "COMPOSE_FILE": {".env": "COMPOSE_FILE=compose.yaml:../project.yaml\n", "compose.yaml": service()},
    "COMPOSE_ENV_FILES": {
        ".env": "COMPOSE_ENV_FILES=../variables,../not.yaml\n",
        "compose.yaml": service(image="x/${WORD}"),
    },
    "a link for the override": {"compose.override.yaml": "->../project.yaml", "compose.yaml": service()},
    "a service that no container is made of": {
        "compose.yaml": json.dumps(
            {
                "services": {
                    "web": {"image": "x"},
                    "x": {"provider": {"type": "y"}, "env_file": "../not.yaml", "label_file": "../not.yaml"},
                }
            }
        )
    },
    "a link for a Dockerfile": {"Dockerfile": "->../Dockerfile"},
    "a link for a Compose file": {"compose.yaml": "->../project.yaml"},
    "a link for a text": {"notes.txt": "->../secret", "compose.yaml": service()},
    "a link for an ignore file": {".gitignore": "->../secret", "compose.yaml": service()},
    "a link for what a build ignores": {".dockerignore": "->../secret", "Dockerfile": "FROM debian:13\nCOPY . /\n"},
    "a link for hadolint's settings": {".hadolint.yaml": "->../not.yaml", "Dockerfile": "FROM debian:13\n"},
    "a context outside": {"compose.yaml": service(build="../context")},
    "a link for a context": {"there": "->../context", "compose.yaml": service(build="there")},
    "a Dockerfile of a build outside": {"compose.yaml": service(build={"context": ".", "dockerfile": "../Dockerfile"})},
    "a file in a context": {
        "server.key": "->../secret",
        "Dockerfile": "FROM debian:13\nCOPY . /\n",
        "compose.yaml": service(build="."),
    },
    "a policy outside": {"dockworthy.yaml": "policy: {extends: ../policy.yaml}\n", "compose.yaml": service()},
    "a link for the policy": {"dockworthy.yaml": "->../policy.yaml", "compose.yaml": service()},
    "a secret's file": {"compose.yaml": "services: {web: {image: x, secrets: [a]}}\nsecrets: {a: {file: ../secret}}\n"},
}


def said(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    status = run(list(arguments))
    shown = capsys.readouterr()
    return status, shown.out + shown.err


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_of_the_machine_is_told(attack: str, machine: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    files = {name: text.replace("{outside}", str(machine.folder)) for name, text in ATTACKS[attack].items()}
    machine.write(files if "dockworthy.yaml" in files else {**files, "dockworthy.yaml": RULES})
    named = [name for name in files if name.startswith(("compose.y", "Dockerfile"))]
    asked = [["check", "-v", "."], ["check", "--render=own", "-v", *named], ["fix", "--all", "--diff", "."]]
    asked += [["explain", "workload/privileged", "."]]
    asked += [["check", "--render=own", f"--format={format_}", "."] for format_ in FORMATS[1:]]
    for arguments in asked:
        status, text = said(*arguments, capsys=capsys)
        assert CANARY not in text, arguments
        assert status in (0, 1, 2), text
    _, text = said("check", "--render=own", "--format=json", ".", capsys=capsys)
    if text.startswith("{"):
        failing = {f["control"] for f in json.loads(text)["findings"] if f["outcome"] == "fail"}
        assert not {name for name in failing if name.startswith("custom/")}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"compose.yaml": service(image="x/${CI_DEPLOY_TOKEN:-y}:1")},
            "${CI_DEPLOY_TOKEN} is hidden: from the environment",
        ),
        ({"compose.yaml": service(env_file="../variables")}, "../variables: it is outside of "),
        ({"compose.yaml": service(env_file=".git/config")}, ".git/config: it is Git's own"),
        ({".GIT/config": "A=b", "compose.yaml": service(env_file=".GIT/config")}, ".GIT/config: it is Git's own"),
        ({"compose.yaml": service(env_file="missing.env")}, "missing.env is not here"),
        ({"Dockerfile": "->../Dockerfile"}, "Dockerfile: it is outside of "),
        (
            {"dockworthy.yaml": "policy: {extends: ../policy.yaml}\n", "compose.yaml": service()},
            "policy.yaml: it is outside",
        ),
    ],
)
def test_the_reason_is_told_and_how_to_allow_it(
    machine: Outside, capsys: pytest.CaptureFixture[str], files: dict[str, str], reason: str
) -> None:
    machine.write(files)
    _, text = said("check", "--render=own", "--format=json", ".", capsys=capsys)
    assert reason in text
    assert "--trust-environment" in text or "missing" in reason


def test_whether_a_file_is_there_makes_no_difference(machine: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    machine.write({"link-1": "->../variables", "link-2": "->../nothing"})
    texts = []
    for name in ("../variables", "../nothing_at", "link-1", "link-2"):
        (machine.checkout / "compose.yaml").write_text(service(env_file=name))
        _, text = said("check", "--render=own", "--format=json", "compose.yaml", capsys=capsys)
        texts.append(text.replace(name, "NAME"))
    assert texts[0] == texts[1] and texts[2] == texts[3]


def test_who_trusts_the_files_gets_all(machine: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    machine.write(
        {"compose.yaml": service(image="x/${CI_DEPLOY_TOKEN}:1", env_file="../variables"), "dockworthy.yaml": RULES}
    )
    _, text = said("check", "--trust-environment", "--format=json", ".", capsys=capsys)
    failing = {f["control"] for f in json.loads(text)["findings"] if f["outcome"] == "fail"}
    assert {"custom/asks-the-image", "custom/asks-the-environment"} <= failing


def test_what_is_the_checkouts_own_is_read(machine: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    machine.write(
        {
            ".env": "TAG=latest\n",
            "real/web.env": "A=1\n",
            "deploy/web.env": "->../real/web.env",
            "deploy/compose.yaml": "services: {web: {image: 'shop:${TAG:-1}', env_file: [web.env, ../real/web.env]}}\n",
            "deploy/.env": "->../.env",
        }
    )
    _, text = said("check", "--format=json", ".", capsys=capsys)
    assert "shop:latest" in text and "outside of" not in text
    os.chdir("deploy")
    _, text = said("check", "--format=json", "compose.yaml", capsys=capsys)
    in_git = (machine.checkout / ".git").exists()
    assert ("shop:latest" in text) is in_git and ("outside of" in text) is not in_git


def test_a_policy_that_is_named_is_trusted(machine: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    machine.write({"compose.yaml": service(), "ours.yaml": "policy: {extends: ../pinned.yaml}\n"})
    (machine.folder / "base.yaml").write_text("policy: {level: baseline}\n")
    (machine.folder / "pinned.yaml").write_text("policy: {extends: base.yaml}\n")
    _, text = said("check", "--policy", "../pinned.yaml", "--format=json", ".", capsys=capsys)
    assert json.loads(text)["level"] == "baseline"
    status, text = said("check", "--policy", "ours.yaml", "--format=json", ".", capsys=capsys)
    assert status == 2 and "outside of" in text


def test_a_policy_above_the_checkout_is_another_ones(machine: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    (machine.folder / "dockworthy.yaml").write_text("policy: {level: baseline}\n")
    machine.write({"compose.yaml": service()})
    _, text = said("check", "--format=json", ".", capsys=capsys)
    in_git = (machine.checkout / ".git").exists()
    result = text[text.index('{"schema"') :].splitlines()[0]
    assert json.loads(result)["level"] == ("production" if in_git else "baseline")
    assert ("name it with --policy" in text) is in_git


def test_policy_tests_read_nothing_beside_their_checkout(machine: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    (machine.folder / "good.yaml").write_text("policy: {level: baseline}\n")
    machine.write(
        {
            "tests.yaml": "policy: ../good.yaml\n"
            "tests: [{name: a, compose: 'services: {a: {image: b}}', expect: {workload/privileged: pass}}]\n"
        }
    )
    status, text = said("policy", "test", "tests.yaml", capsys=capsys)
    assert status == 2 and "outside of" in text
    machine.write({"dockworthy.yaml": RULES})
    example = service(env_file="../variables").replace('"', "'")
    (machine.checkout / "tests.yaml").write_text(
        f'tests: [{{name: a, compose: "{example}", expect: {{custom/asks-the-environment: fail}}}}]\n'
    )
    status, text = said("policy", "test", "tests.yaml", capsys=capsys)
    assert status == 1 and CANARY not in text


@pytest.mark.parametrize("kind", ["pipe", "socket", "device", "large"])
def test_what_is_no_file_is_not_waited_for(
    machine: Outside, capsys: pytest.CaptureFixture[str], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = machine.checkout / "a.env"
    makers: dict[str, Callable[[], object]] = {
        "pipe": lambda: os.mkfifo(path),
        "device": lambda: path.symlink_to("/dev/zero"),
        "large": lambda: os.truncate(path.open("w").fileno(), 1 << 40),
    }
    if kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("a.env")
    elif kind == "large":
        with path.open("w") as file:
            file.truncate(1 << 40)
    else:
        makers[kind]()
    machine.write({"compose.yaml": service(env_file="a.env")})
    _, text = said("check", "--render=own", "--format=json", "compose.yaml", capsys=capsys)
    assert "a.env can't be read" in text or "a.env: it is outside of" in text
    monkeypatch.undo()


@pytest.mark.skipif(find_compose(os.environ) is None, reason="Compose is not installed")
def test_compose_itself_gets_no_variable(machine: Outside, tmp_path: Path) -> None:
    """The real program, and all that it prints."""
    machine.write({"compose.yaml": service(image="x/${CI_DEPLOY_TOKEN}:1", environment=["CI_DEPLOY_TOKEN"])})
    compose = find_compose(os.environ, trusted=False)
    assert compose is not None
    answer = compose.config(["compose.yaml"], str(machine.checkout))
    assert isinstance(answer, bytes) and CANARY.encode() not in answer


def test_compose_is_not_asked_where_it_would_read_elsewhere(
    machine: Outside, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in that tells whether it was asked."""
    plugins = machine.folder / "docker" / "cli-plugins"
    plugins.mkdir(parents=True)
    program = plugins / "docker-compose"
    program.write_text(f"#!{sys.executable}\nopen({str(machine.folder / 'asked')!r}, 'a').write('x')\nprint('{{}}')\n")
    program.chmod(0o755)
    monkeypatch.setenv("DOCKER_CONFIG", str(machine.folder / "docker"))
    asked = machine.folder / "asked"
    for attack in (
        "an env file outside",
        "a label file outside",
        "a link for .env",
        "COMPOSE_ENV_FILES",
        "a service that no container is made of",
        "Git's own files",
    ):
        for old in machine.checkout.glob("[!.]*"):
            old.unlink()
        (machine.checkout / ".env").unlink(missing_ok=True)
        machine.write(ATTACKS[attack])
        said("check", ".", capsys=capsys)
        assert not asked.exists(), attack
    (machine.checkout / ".env").unlink(missing_ok=True)
    (machine.checkout / "compose.yaml").write_text(service())
    said("check", ".", capsys=capsys)
    assert asked.exists()


def test_standard_input_belongs_to_the_folder(machine: Outside) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dockworthy", "check", "--format=json", "-"],
        input=service(image="x/$CI_DEPLOY_TOKEN", env_file="../variables").encode(),
        capture_output=True,
    )
    assert CANARY.encode() not in done.stdout + done.stderr
    assert b"outside of" in done.stdout
