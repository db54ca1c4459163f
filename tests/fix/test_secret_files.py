"""`fix --all` moves secrets of images that read them from files; no value is shown, and --undo puts it back."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from dockworthy.cli.run import run
from dockworthy.fix.secret_files import reading_of
from dockworthy.model.fix import FixKind
from dockworthy.model.levels import Level
from dockworthy.repair import RepairOptions, plan_repair

VALUE = "Tr0ub4dor-and-$3"
FILE = f"""\
services:
  db:
    image: postgres:17 # ours
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: "{VALUE.replace("$", "$$")}" # ask ops
  web:
    image: registry.example.com/shop:1
    environment:
      - DB_PASSWORD={VALUE.replace("$", "$$")}
"""
MOVE = ["fix", "--all", "--control", "environment-secrets"]


@pytest.fixture
def project(compose: Path) -> Path:
    compose.write_text(FILE)
    (compose.parent / ".git").mkdir()
    (compose.parent / ".env").write_text(f"A=1\nBACKUP_PASSWORD={VALUE}\n")
    return compose


def test_secret_is_in_a_file_of_its_own_and_shown_nowhere(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for more in (["--dry-run"], ["--diff"], ["--format", "json", "--dry-run"], []):
        assert run([*MOVE, *more, "compose.yaml"]) == 0
        said = "".join(capsys.readouterr())
        assert "Tr0ub4dor" not in said
        if more == ["--diff"]:
            assert "+secrets:\n+  db_postgres_password:\n+    file: ./secrets/db_postgres_password\n" in said
    db = yaml.safe_load(project.read_text())["services"]["db"]
    assert db["environment"] == {
        "POSTGRES_USER": "shop",
        "POSTGRES_PASSWORD_FILE": "/run/secrets/db_postgres_password",
    }
    assert db["secrets"] == ["db_postgres_password"] and "# ours" in project.read_text()
    declared = yaml.safe_load(project.read_text())["secrets"]
    assert declared == {"db_postgres_password": {"file": "./secrets/db_postgres_password"}}
    secret = project.parent / "secrets" / "db_postgres_password"
    assert secret.read_text() == VALUE and stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(secret.parent.stat().st_mode) == 0o700
    once = project.read_bytes()
    assert run([*MOVE, "compose.yaml"]) == 0 and project.read_bytes() == once, "twice is once"


def test_people_are_told_what_is_left_to_do(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*MOVE, "compose.yaml"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "must be on every host" in out and "change the values of POSTGRES_PASSWORD" in out and "Git's history" in out
    assert "stands also in compose.yaml:" in out and ".env:2" in out
    assert (
        "web: DB_PASSWORD stays where it is: registry.example.com/shop:1 is not known to read DB_PASSWORD_FILE" in out
    )


@pytest.mark.parametrize(
    ("image", "variable", "file_variable"),
    [
        ("wordpress:6", "WORDPRESS_DB_PASSWORD", "WORDPRESS_DB_PASSWORD_FILE"),
        ("nextcloud:32-fpm", "MYSQL_PASSWORD", "MYSQL_PASSWORD_FILE"),
        ("docker.io/grafana/grafana:12", "GF_SECURITY_ADMIN_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD__FILE"),
        ("gitea/gitea:1.24", "GITEA__database__PASSWD", "GITEA__database__PASSWD__FILE"),
    ],
)
def test_programs_that_read_files_get_them(image: str, variable: str, file_variable: str, compose: Path) -> None:
    compose.write_text(f"services:\n  web:\n    image: {image}\n    environment:\n      {variable}: Tr0ub4dor-3x\n")
    assert run([*MOVE, "compose.yaml"]) in (0, 1)
    web = yaml.safe_load(compose.read_text())["services"]["web"]
    if os.geteuid() == 0:
        assert web["environment"] == {file_variable: f"/run/secrets/web_{variable.lower()}"}


@pytest.mark.parametrize(
    ("image", "uid"),
    [("wordpress:6", 33), ("wordpress:6-fpm-alpine", 82), ("gitea/gitea:1", 0), ("gitea/gitea:1-rootless", 1000)],
)
def test_the_file_belongs_to_who_opens_it(image: str, uid: int) -> None:
    reading = reading_of(image)
    assert reading is not None and reading.uid == uid


@pytest.mark.parametrize("image", ["me/wordpress", "registry.example.com/grafana/grafana", "gitea", "grafana"])
def test_what_only_has_the_name_is_not_known_to_read_files(image: str) -> None:
    assert reading_of(image) is None


def test_git_ignores_the_folder(project: Path) -> None:
    (project.parent / ".git").rmdir()
    subprocess.run(["git", "init", "-q", str(project.parent)], check=True)
    assert run([*MOVE, "compose.yaml"]) == 0
    listed = subprocess.run(
        ["git", "-C", str(project.parent), "ls-files", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "compose.yaml" in listed.stdout and "secrets" not in listed.stdout


def test_undo_puts_it_back(project: Path) -> None:
    assert run([*MOVE, "compose.yaml"]) == 0
    assert run(["fix", "--undo", "compose.yaml"]) == 0
    assert project.read_text() == FILE and not (project.parent / "secrets").exists()


def test_undo_does_not_bring_an_old_value_over_a_new_one(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*MOVE, "compose.yaml"]) == 0
    secret = project.parent / "secrets" / "db_postgres_password"
    secret.write_text("a new one")
    assert run(["fix", "--undo", "compose.yaml"]) == 2
    assert "was changed since" in capsys.readouterr().err
    assert secret.read_text() == "a new one" and "POSTGRES_PASSWORD_FILE" in project.read_text()


def test_nothing_is_moved_unasked(project: Path) -> None:
    for arguments in (["fix"], ["fix", "--all", "--control", "privileged"], ["fix", "--all", "--dry-run"]):
        assert run([*arguments, "compose.yaml"]) == 0
    assert "POSTGRES_PASSWORD_FILE" not in project.read_text() and not (project.parent / "secrets").exists()


def test_where_no_file_may_be_added_a_sentence_says_how(project: Path) -> None:
    asked = RepairOptions(level=Level.RESTRICTED, kinds=frozenset(FixKind), may_add_files=False)
    (file,) = plan_repair(["compose.yaml"], asked).files
    assert not file.new_files and "POSTGRES_PASSWORD_FILE" not in file.new
    (note,) = file.notes
    assert "--control environment-secrets" in note


def test_shared_environment_is_left_to_people(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "x-env: &env\n  POSTGRES_PASSWORD: Tr0ub4dor-3\nservices:\n"
        "  db:\n    image: postgres\n    environment:\n      <<: *env\n"
        "  web:\n    image: shop\n    environment: *env\n"
    )
    compose.write_text(text)
    run([*MOVE, "compose.yaml"])
    said = " ".join("".join(capsys.readouterr()).split())
    assert compose.read_text() == text and not (compose.parent / "secrets").exists()
    assert "Tr0ub4dor" not in said and "POSTGRES_PASSWORD stays where it is" in said


@pytest.mark.parametrize(
    ("service", "why"),
    [
        ("{image: postgres, environment: {POSTGRES_PASSWORD: '${X}-Tr0ub4dor'}}", "made of variables"),
        ("{image: postgres, environment: {POSTGRES_PASSWORD: ' Tr0ub4dor-3'}}", "line breaks or spaces"),
        ("{image: postgres, environment: {PGPASSWORD: Tr0ub4dor-3}}", "not known to read PGPASSWORD_FILE"),
        ("{image: me/postgres, environment: {POSTGRES_PASSWORD: Tr0ub4dor-3}}", "me/postgres is not known to read"),
        ("{image: mysql, user: mysql, environment: {MYSQL_PASSWORD: Tr0ub4dor-3}}", "write the user as a number"),
        (
            "{image: postgres, environment: {POSTGRES_PASSWORD: Tr0ub4dor-3},"
            " healthcheck: {test: PGPASSWORD=$$POSTGRES_PASSWORD psql}}",
            "health check reads the variable",
        ),
    ],
)
def test_what_can_not_be_moved_stays_with_a_sentence(
    compose: Path, service: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"services:\n  db: {service}\n"
    compose.write_text(text)
    run([*MOVE, "compose.yaml"])
    said = " ".join("".join(capsys.readouterr()).split())
    assert compose.read_text() == text and not (compose.parent / "secrets").exists()
    assert "Tr0ub4dor" not in said and why in said, said


@pytest.mark.parametrize("name", ["{folder}/away", "../away", "../../away", "sub/away", "a\\nb", "a b", ".."])
def test_no_secret_leaves_the_folder_by_the_name_of_a_service(
    compose: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (compose.parent / "secrets" / "sub").mkdir(parents=True)
    (compose.parent / "secrets" / ".gitignore").write_text("*\n")
    service = "{image: postgres, environment: {POSTGRES_PASSWORD: Tr0ub4dor-3}}"
    compose.write_text(f'services:\n  "{name.format(folder=compose.parent.parent)}": {service}\n')
    run([*MOVE, "compose.yaml"])
    made = sorted(path for path in compose.parent.parent.rglob("*password*"))
    assert all(path.parent == compose.parent / "secrets" for path in made), made
    assert bool(made) is (name == ".."), "that one is a name of a file like any other"
    assert "Tr0ub4dor" not in "".join(capsys.readouterr())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(
    ("image", "variable", "more", "owner"),
    [
        ("postgres", "POSTGRES_PASSWORD", "", 0),
        ("docker.io/library/mariadb:11", "MARIADB_ROOT_PASSWORD", "", 0),
        ("mongo:8", "MONGO_INITDB_ROOT_PASSWORD", "", 999),
        ("postgres", "POSTGRES_PASSWORD", ", user: '70:70', cap_drop: [ALL]", 70),
    ],
)
def test_file_belongs_to_who_reads_it(compose: Path, image: str, variable: str, more: str, owner: int) -> None:
    compose.write_text(f"services:\n  db: {{image: '{image}', environment: ['{variable}=Tr0ub4dor-3']{more}}}\n")
    assert run([*MOVE, "compose.yaml"]) == 0
    (secret,) = (compose.parent / "secrets").glob("db_*")
    assert secret.stat().st_uid == owner and secret.read_text() == "Tr0ub4dor-3"
    (service,) = yaml.safe_load(compose.read_text())["services"].values()
    assert service["environment"] == [f"{variable}_FILE=/run/secrets/{secret.name}"]


@pytest.mark.parametrize("what", ["link", "file", "others"])
def test_folder_that_is_not_ours_takes_no_secret(compose: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    compose.write_text(FILE)
    folder = compose.parent / "secrets"
    if what == "link":
        (compose.parent / "elsewhere").mkdir()
        folder.symlink_to("elsewhere")
    elif what == "file":
        folder.write_text("")
    else:
        folder.mkdir()
        (folder / ".gitignore").write_text("*.tmp\n")
    assert run([*MOVE, "compose.yaml"]) == 0
    assert compose.read_text() == FILE and "stays where it is" in capsys.readouterr().out


def test_secret_that_is_there_is_not_written_over(compose: Path) -> None:
    compose.write_text(FILE)
    theirs = compose.parent / "secrets" / "db_postgres_password"
    theirs.parent.mkdir()
    theirs.write_text("theirs")
    assert run([*MOVE, "compose.yaml"]) == 0
    assert theirs.read_text() == "theirs" and (theirs.parent / "db_postgres_password_2").read_text() == VALUE
    assert run(["fix", "--undo", "compose.yaml"]) == 0
    assert theirs.read_text() == "theirs", "and Git goes on ignoring it"
    assert {each.name for each in theirs.parent.iterdir()} == {theirs.name, ".gitignore"}


def test_two_files_of_a_folder_get_files_of_their_own(compose: Path) -> None:
    other = compose.parent / "compose.prod.yaml"
    for file, value in ((compose, VALUE), (other, "an0ther-Tr0ub4dor")):
        file.write_text(FILE.replace(VALUE.replace("$", "$$"), value.replace("$", "$$")))
    assert run([*MOVE, "."]) == 0
    said = {}
    for file in (compose, other):
        ((_, secret),) = yaml.safe_load(file.read_text())["secrets"].items()
        said[file.name] = (file.parent / secret["file"]).read_text()
    assert said == {"compose.yaml": VALUE, "compose.prod.yaml": "an0ther-Tr0ub4dor"}
    assert run(["fix", "--undo", "."]) == 0
    assert not (compose.parent / "secrets").exists() and "an0ther-Tr0ub4dor" in other.read_text()


def test_write_that_fails_leaves_nothing(compose: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compose.write_text(FILE)
    monkeypatch.setattr("dockworthy.repair._is_as_planned", lambda *_: False)
    assert run([*MOVE, "compose.yaml"]) == 13
    assert compose.read_text() == FILE and not (compose.parent / "secrets").exists()


def test_a_folder_that_is_renamed_meanwhile_leads_no_secret_elsewhere(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever the folder above belongs to puts a link to another one in place of the project's, at the worst moment."""
    folder = project.parent
    victim, moved = folder.with_name("of-root"), folder.with_name("moved")
    victim.mkdir()
    make = os.mkdir

    def swapped(path: str | Path, *how: int, **named: int) -> None:
        if os.path.basename(path) == "secrets":
            folder.rename(moved)
            folder.symlink_to(victim)
        make(path, *how, **named)
        made.extend(victim.iterdir())

    made: list[Path] = []
    monkeypatch.setattr(os, "mkdir", swapped)
    run([*MOVE, str(project)])
    assert moved.exists() and not made and not [*victim.iterdir()]


def test_json_names_the_files_and_not_what_they_say(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*MOVE, "--format", "json", "compose.yaml"]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert [Path(each).name for each in file["new_files"]] == [".gitignore", "db_postgres_password"]
    (made,) = file["made"]
    assert made["control"] == "workload/environment-secrets" and made["may_break"]
