"""The folders that containers were made from: version control and pipelines beside them, with a real git."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dockworthy.facts.evidence.projects import LabelledProject, made_by_compose, read_projects
from dockworthy.facts.host.root import Root
from dockworthy.model.evidence import ProjectFolder
from facts.host.host_trees import Tree

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

SHOP = LabelledProject("shop", "/srv/shop", ("/srv/shop/compose.yaml",))


def git(tree: Tree, *arguments: str) -> str:
    own = {"PATH": os.environ["PATH"], "HOME": str(tree.folder), "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "init.defaultBranch=main")
    place = ("-C", str(tree.path("/srv/shop/x").parent))
    return subprocess.run(
        ["git", *who, *place, *arguments], env=own, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A host with a repository of one commit that holds the Compose file."""
    tree = Tree(tmp_path)
    tree.write("/srv/shop/compose.yaml", "services: {}\n")
    git(tree, "init", "-q")
    git(tree, "add", "compose.yaml")
    git(tree, "commit", "-qm", "first")
    return tree


def project(tree: Tree, made: LabelledProject = SHOP) -> ProjectFolder:
    (found,) = read_projects(Root(tree.folder), {made: None})
    return found


def test_a_tracked_file_with_a_remote(tree: Tree) -> None:
    git(tree, "remote", "add", "origin", "https://ann:Secret-1@git.example.com/shop.git")
    found = project(tree)
    assert found.repository == "/srv/shop" and found.tracked is True
    assert found.remote == "https://ann:***@git.example.com/shop.git"
    assert found.head == git(tree, "rev-parse", "HEAD")


def test_packed_references_and_a_detached_head(tree: Tree) -> None:
    commit = git(tree, "rev-parse", "HEAD")
    git(tree, "pack-refs", "--all")
    assert project(tree).head == commit
    git(tree, "checkout", "-q", "--detach")
    assert project(tree).head == commit


def test_a_file_that_nobody_added(tree: Tree) -> None:
    tree.write("/srv/shop/other.yaml", "services: {}\n")
    assert project(tree, LabelledProject("shop", "/srv/shop", ("/srv/shop/other.yaml",))).tracked is False


def test_an_index_that_shortens_names_does_not_tell(tree: Tree) -> None:
    git(tree, "update-index", "--index-version", "4")
    assert project(tree).tracked is None


def test_a_folder_below_the_top(tree: Tree) -> None:
    tree.write("/srv/shop/prod/compose.yaml", "services: {}\n")
    git(tree, "add", "prod/compose.yaml")
    found = project(tree, LabelledProject("shop", "/srv/shop/prod", ("/srv/shop/prod/compose.yaml",)))
    assert (found.repository, found.tracked) == ("/srv/shop", True)


def test_no_repository_and_no_folder(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    assert not project(tree).present
    tree.write("/srv/shop/compose.yaml")
    found = project(tree)
    assert found.present and found.repository == ""


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (".gitlab-ci.yml", "  - docker build -t shop .\n  - docker compose up -d\n", (True, True, (), ())),
        (".github/workflows/ci.yml", "uses: docker/build-push-action@v6\n", (True, False, (), ())),
        (".woodpecker.yml", "- dockworthy check .\n- grype x\n", (False, False, ("dockworthy check", "grype"), ())),
        ("Jenkinsfile", "sh 'trivy image shop || true'\n", (False, False, ("trivy",), ("trivy",))),
        (".drone.yml", "- trivy image --exit-code 1 shop\n", (False, False, ("trivy",), ())),
    ],
)  # fmt: skip
def test_what_a_pipeline_file_does(
    tree: Tree, file: str, text: str, expected: tuple[bool, bool, tuple[str, ...], tuple[str, ...]]
) -> None:
    tree.write(f"/srv/shop/{file}", text)
    found = project(tree)
    assert found.pipelines == (file,)
    assert (found.builds, found.deploys, found.checks, found.toothless) == expected


def test_labels_of_compose() -> None:
    labels = {
        "com.docker.compose.project": "shop",
        "com.docker.compose.project.working_dir": "/srv/shop/",
        "com.docker.compose.project.config_files": "/srv/shop/compose.yaml,/srv/shop/prod.yaml",
    }
    assert made_by_compose(labels) == LabelledProject(
        "shop", "/srv/shop", ("/srv/shop/compose.yaml", "/srv/shop/prod.yaml")
    )
    assert made_by_compose({}) is None
    assert made_by_compose({**labels, "com.docker.compose.project.working_dir": "C:\\shop"}) is None
