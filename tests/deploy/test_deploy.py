"""A project is shipped, shipped again, and brought back."""

from __future__ import annotations

import json

import pytest

from .shops import Shop

pytestmark = pytest.mark.engine


def test_a_running_project_is_taken_over_as_it_is_and_then_shipped(shop: Shop, shop_images: tuple[str, str]) -> None:
    (shop.folder / "pages").mkdir()
    web = shop.service(deploy={"replicas": 2}, volumes=["./pages:/pages:ro"])
    db = shop.service(volumes=["data:/data"])
    shop.compose({"web": web, "db": db}, volumes={"data": {}})
    shop.docker_compose("up", "--detach")
    (name,) = shop.containers("db")
    shop.engine.docker("exec", name, "sh", "-c", "echo precious >/data/rows")
    before = shop.containers()

    assert "nothing to do" in shop.deploy("--dry-run").stdout and not shop.state.exists()
    assert "did you mean web?" in shop.deploy("--image", f"wbe={shop_images[1]}", status=2).stderr
    shop.deploy()
    assert shop.containers() == before, "nothing was recreated"
    (adopted,) = shop.releases()
    assert adopted["state"] == "kept" and adopted["steps"] == []

    shop.compose({"web": {**web, "image": shop_images[1]}, "db": db}, volumes={"data": {}})
    plan = shop.deploy("--dry-run").stdout
    assert "replace web: new beside old" in plan and "replace db" not in plan and shop.containers() == before
    shop.deploy()
    after = shop.containers()
    assert shop.containers("db") == {name: before[name]} and len(after) == 3
    assert not set(shop.containers("web").values()) & set(before.values())
    assert shop.containers(every=True) == after, "the old ones are gone"
    assert shop.engine.docker("exec", name, "cat", "/data/rows").stdout == b"precious\n"
    assert "nothing to do" in shop.deploy().stdout and len(shop.releases()) == 2


def test_what_was_shipped_comes_back_by_its_record(shop: Shop, shop_images: tuple[str, str]) -> None:
    shop.compose({"web": shop.service(environment={"COLOUR": "blue"})})
    shop.deploy()
    shop.compose({"web": shop.service(environment={"COLOUR": "red"}, image=shop_images[1])})
    shop.deploy()
    (shop.folder / "compose.yaml").write_text("services: {}\nname: " + shop.name)  # the record counts, not the file
    done = shop.dockworthy("rollback", "--yes")
    assert done.returncode == 0, done.stderr
    (web,) = shop.containers("web")
    facts = shop.engine.inspect(web)
    assert "COLOUR=blue" in facts["Config"]["Env"]
    assert facts["Image"] == shop.engine.inspect(shop_images[0])["Id"]
    last = shop.releases()[-1]
    assert (last["number"], last["returns_to"], last["rollback_of"]) == (3, 1, 2)
    assert "now" in shop.dockworthy("releases").stdout
    assert "COLOUR: red" in shop.dockworthy("releases", "diff", "1", "2").stdout
    assert shop.dockworthy("rollback").returncode == 2, "there is none before the first"


def test_one_service_alone_with_another_image(shop: Shop, shop_images: tuple[str, str]) -> None:
    shop.compose({"web": shop.service(), "worker": shop.service()})
    shop.deploy()
    before = shop.containers("worker")
    shop.compose({"web": shop.service(), "worker": shop.service(environment={"NEW": "yes"})})
    shop.deploy("web", "--image", f"web={shop_images[1]}")
    assert shop.containers("worker") == before
    services = shop.releases()[-1]["services"]
    assert services["web"]["reference"] == shop_images[1] and set(services) == {"web", "worker"}
    shop.deploy("web")
    assert shop.releases()[-1]["services"]["web"]["reference"] == shop_images[0]


def test_a_container_keeps_the_name_that_it_was_given(shop: Shop) -> None:
    name = f"{shop.name}-the-one"
    shop.compose({"web": shop.service(container_name=name)})
    shop.deploy()
    before = shop.containers()
    assert list(before) == [name]
    shop.compose({"web": shop.service(container_name=name, environment={"A": "1"})})
    done = shop.deploy()
    assert "container_name" in done.stderr and "does not answer for about" in done.stderr
    after = shop.containers(every=True)
    assert list(after) == [name] and after != before


def test_a_secret_is_rotated_by_its_content_and_is_nowhere_else(shop: Shop) -> None:
    secret = shop.folder / "password"
    secret.write_text("first-secret-value")
    web = shop.service(secrets=["password"], environment={"API_TOKEN": "token-of-mine-0123456789"})
    shop.compose({"web": web}, secrets={"password": {"file": "./password"}})
    exceptions = [
        {
            "control": "workload/environment-secrets",
            "subject": "web",
            "reason": "r",
            "owner": "o",
            "expires": "2099-01-01",
        }
    ]
    shop.write(
        "dockworthy.yaml", {"policy": {"level": "baseline", "exceptions": exceptions}, "deploy": {"observe": "0s"}}
    )
    first = shop.deploy()
    (name,) = before = shop.containers("web")
    secret.write_text("second-secret-value")
    second = shop.deploy()
    (name,) = after = shop.containers("web")
    assert before != after
    assert shop.engine.docker("exec", name, "cat", "/run/secrets/password").stdout == b"second-secret-value"
    assert shop.dockworthy("rollback", "--yes").returncode == 0
    (name,) = shop.containers("web")
    assert shop.engine.docker("exec", name, "cat", "/run/secrets/password").stdout == b"first-secret-value"
    assert "API_TOKEN=token-of-mine-0123456789" in shop.engine.inspect(name)["Config"]["Env"]
    records = json.dumps(shop.releases()) + first.stdout + first.stderr + second.stdout + second.stderr
    assert "secret-value" not in records and "token-of-mine" not in records


def test_a_rollback_runs_no_job_of_the_old_release(shop: Shop) -> None:
    """The migration of a release refuses data that a newer one made: the way back must not need it."""

    def ship(version: int, *arguments: str, on_rollback: bool = False) -> None:
        """Its job ends with status 7 where the data is newer than itself."""
        script = f'now=$$(cat /data/version 2>/dev/null || echo 0); [ "$$now" -le {version} ] || exit 7; '
        migrate = shop.service("sh", "-c", f"{script} echo {version} >/data/version", volumes=["data:/data"])
        job = {"service": "migrate", "on_rollback": True} if on_rollback else "migrate"
        settings = {"observe": "0s", "healthy_within": "8s", "jobs": {"before": [job]}}
        shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
        web = shop.service(environment={"VERSION": str(version)})
        shop.compose({"web": web, "migrate": migrate}, volumes={"data": {}})
        shop.deploy(*arguments)

    def version() -> str:
        (name,) = shop.containers("web")
        return next(each for each in shop.engine.inspect(name)["Config"]["Env"] if each.startswith("VERSION="))

    ship(1)
    ship(2)
    back = shop.dockworthy("rollback", "--yes")
    assert back.returncode == 0, back.stderr
    assert "the job migrate does not run" in " ".join(back.stderr.split()) and version() == "VERSION=1"
    assert "run the job migrate" not in shop.releases()[-1]["steps"]
    shop.deploy("--accept", "web:by-hand")  # the files say 2
    assert version() == "VERSION=2"
    asked = shop.dockworthy("rollback", "--yes", "--with-jobs")
    assert asked.returncode == 18 and "status 7" in asked.stdout and version() == "VERSION=2"

    ship(3, on_rollback=True)
    ship(4)
    again = shop.dockworthy("rollback", "--yes")
    assert again.returncode == 18 and "status 7" in again.stdout, "release 3 says that its job runs on a rollback"
