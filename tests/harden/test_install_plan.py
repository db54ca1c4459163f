"""What is planned for hosts that no test can boot: by the words that look.sh would say there."""

from __future__ import annotations

import pytest

from dockworthy.errors import UsageError
from dockworthy.harden.install.plan import ground_of, plan_install
from dockworthy.model.hardening import Run

UBUNTU = {
    "os": ["ubuntu debian"],
    "system": ["Ubuntu 24.04 LTS"],
    "apt": ["yes"],
    "manager": ["systemd"],
    "forward": ["0"],
    "free": ["50000000000"],
    "candidate": [
        "docker.io 26.1.3-0ubuntu1",
        "docker-buildx 0.14.1-0ubuntu1",
        "docker-compose-v2 2.27.1+ds1-0ubuntu1",
    ],
    "inst": ["docker.io 26.1.3-0ubuntu1 30000000 120000000", "runc 1.1.12 8000000 20000000"],
}
BOOKWORM = {
    **UBUNTU,
    "os": ["debian "],
    "system": ["Debian GNU/Linux 12 (bookworm)"],
    "candidate": ["docker.io 20.10.24+dfsg1-1"],
}


def test_names_of_ubuntu() -> None:
    plan = plan_install(ground_of(UBUNTU), "shop")
    (step,) = plan.steps
    first = step.deeds[0]
    assert isinstance(first, Run)
    assert first.argv == (
        "install_packages",
        "docker.io=26.1.3-0ubuntu1",
        "docker-buildx=0.14.1-0ubuntu1",
        "docker-compose-v2=2.27.1+ds1-0ubuntu1",
    )
    assert first.undo == ("remove_packages",)
    assert step.title == "Install Docker Engine, Compose and Buildx from the packages of Ubuntu 24.04 LTS"
    assert "2 new packages: 36 MiB to fetch, 134 MiB on disk" in step.disturbs
    assert not plan.not_done


def test_a_release_without_compose_2_says_so() -> None:
    plan = plan_install(ground_of(BOOKWORM), "shop")
    assert [left.why for left in plan.not_done] == [
        "Debian GNU/Linux 12 (bookworm) has no package of Compose 2",
        "Debian GNU/Linux 12 (bookworm) has no package of Buildx",
    ]
    assert plan.steps[0].title == "Install Docker Engine from the packages of Debian GNU/Linux 12 (bookworm)"


def test_all_is_there() -> None:
    there = {key: UBUNTU[key] for key in ("os", "system", "apt", "manager", "free")}
    present = ["docker.io 26", "docker-buildx 0.14", "docker-compose-v2 2.27"]
    plan = plan_install(ground_of({**there, "present": present, "answers": ["yes"]}), "shop")
    assert not plan.steps and not plan.not_done
    silent = plan_install(ground_of({**there, "present": present}), "shop")
    assert [step.title for step in silent.steps] == ["Start the engine"]


def test_another_engine_that_answers_is_left_alone() -> None:
    told = {**UBUNTU, "other": ["the package docker-ce is installed"], "answers": ["yes"]}
    plan = plan_install(ground_of(told), "shop")
    assert not plan.steps and "docker-ce" in plan.not_done[0].why


def test_a_router_is_told_what_it_loses() -> None:
    routes = " ".join(plan_install(ground_of({**UBUNTU, "forward": ["1"]}), "shop").steps[0].disturbs)
    assert "this host routes packets now" in routes
    assert "routes packets" not in " ".join(plan_install(ground_of(UBUNTU), "shop").steps[0].disturbs)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"os": ["fedora "], "system": ["Fedora Linux 42"]}, "Fedora Linux 42"),
        ({**UBUNTU, "broken": ["libc6 tini"]}, "dpkg was interrupted on shop before, by something else: libc6 tini"),
        ({**UBUNTU, "candidate": []}, "apt knows no package docker.io on shop"),
        ({**UBUNTU, "removes": ["podman-docker"]}, "apt would take away podman-docker"),
        ({**UBUNTU, "refused": ["E: Unmet dependencies"]}, "Unmet dependencies"),
        ({**UBUNTU, "free": ["900000000"]}, "858 MiB free on /usr"),
        ({**UBUNTU, "other": ["a snap has it: /snap/docker"]}, "a snap has it: /snap/docker; none answers"),
    ],
)
def test_what_can_not_be_done_is_said_before_anything_is(told: dict[str, list[str]], says: str) -> None:
    with pytest.raises(UsageError) as error:
        plan_install(ground_of(told), "shop")
    assert says in error.value.says
    assert error.value.hint or "apt would not install" in error.value.says
