"""A host name is the project's that had it first; others have routes there by its consent alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec import structs

from dockworthy.deploy.edge.conflicts import refuse_conflicts
from dockworthy.deploy.edge.haproxy.configuration import edge_files
from dockworthy.deploy.edge.host_names import owned, shared_without_consent, without_dropped_consents
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute
from dockworthy.errors import Refused, UnreadableInput
from dockworthy.model.deploy_settings import Edge, Route, Tls
from dockworthy.readers.project_file import parse_project_file


def project(name: str, *routes: Route, owns: Sequence[str] = ()) -> ProjectRoutes:
    return ProjectRoutes(name, Edge(), tuple(map(ServedRoute, routes)), owns=tuple(owns))


def route(host: str, path: str = "/", *share_with: str, **more: tuple[str, ...]) -> Route:
    return Route(host, "web", 80, path=path, share_with=share_with, **more)


SHOP = project("shop", route("shop.x", redirect_from=("old.x",)), route("shop.x", "/api"), owns=["shop.x", "old.x"])
WILD = project("wild", route("*.x"), owns=["*.x"])


@pytest.mark.parametrize(
    ("now", "written", "kept"),
    [
        (None, [], ()),
        (project("shop", route("shop.x")), [route("shop.x")], ()),
        (project("shop", route("shop.x", "/", "wiki")), [route("shop.x", "/", "ci")], ()),
        (project("shop", route("shop.x", "/api", "blog")), [route("other.x", "/", "blog")], ()),
        (project("shop", route("shop.x", "/", "blog")), [route("shop.x")], ("blog",)),
        (project("shop"), [route("SHOP.x", "/", "ci", "blog")], ("blog",)),
    ],
)
def test_a_release_that_comes_back_brings_no_consent_that_was_dropped(
    now: ProjectRoutes | None, written: list[Route], kept: tuple[str, ...]
) -> None:
    earlier = project("shop", route("shop.x", "/", "blog"), route("shop.x", "/api"))
    back, notes = without_dropped_consents(earlier, now, written)
    assert [served.route.share_with for served in back.routes] == [kept, ()]
    assert structs.replace(back, routes=()) == structs.replace(earlier, routes=())
    assert len(notes) == 1 - len(kept)
    assert all(note.startswith("shop.x/ is not shared with blog again, as it was in that release") for note in notes)


@pytest.mark.parametrize(
    ("other", "wanted"),
    [
        (SHOP, route("shop.x")),
        (SHOP, route("shop.x", "/login")),
        (SHOP, route("SHOP.x", "/login/")),
        (SHOP, route("shop.x", "/api/v1")),
        (SHOP, route("shop.x", "/API")),
        (SHOP, route("*.x")),
        (SHOP, route("*.x", "/login")),
        (SHOP, route("old.x", "/login")),
        (SHOP, route("new.x", redirect_from=("shop.x",))),
        (SHOP, route("new.x", redirect_from=("Old.x",))),
        (WILD, route("shop.x")),
        (WILD, route("shop.x", "/login")),
        (WILD, route("*.X", "/login")),
        (WILD, route("new.y", redirect_from=("shop.x",))),
        (project("shop", route("shop.x", "/api"), owns=["shop.x"]), route("shop.x")),
        (project("shop", route("shop.x", "/", "blog")), route("shop.x")),
        (project("shop", route("shop.x")), route("shop.x", "/login")),
        (project("shop", route("shop.x", "/", "other")), route("shop.x", "/blog")),
        (project("shop", route("shop.x", "/", "blog"), route("shop.x", "/login")), route("shop.x", "/login/new")),
    ],
)
def test_a_route_on_a_host_of_another_project_is_refused(other: ProjectRoutes, wanted: Route) -> None:
    with pytest.raises(Refused, match=f"belongs to the project {other.project}") as refused:
        refuse_conflicts(project("blog", wanted), [other])
    assert refused.value.exit_status == 1
    assert "share_with: [blog]" in refused.value.hint or "take it out" in refused.value.hint


@pytest.mark.parametrize(
    ("other", "wanted"),
    [
        (SHOP, route("shop.y")),
        (SHOP, route("a.shop.x")),
        (SHOP, route("*.shop.x")),
        (WILD, route("x")),
        (WILD, route("a.b.x")),
        (project("shop", route("shop.x", "/", "blog"), owns=["shop.x"]), route("shop.x", "/blog")),
        (project("shop", route("shop.x", "/api", "blog"), owns=["shop.x"]), route("shop.x")),
        (project("wild", route("*.x", "/", "blog"), owns=["*.x"]), route("blog.x")),
    ],
)
def test_other_hosts_and_what_the_owner_shares_are_free(other: ProjectRoutes, wanted: Route) -> None:
    refuse_conflicts(project("blog", wanted), [other])


def test_the_owner_is_not_held_up_by_its_guest_and_a_third_asks_the_owner() -> None:
    shop = project("shop", route("shop.x", "/", "blog", "docs"), owns=["shop.x"])
    blog = project("blog", route("shop.x", "/blog"))
    refuse_conflicts(project("shop", route("shop.x"), route("shop.x", "/new")), [blog], shop)
    refuse_conflicts(project("docs", route("shop.x", "/docs")), [shop, blog])
    with pytest.raises(Refused, match="belongs to the project blog"):
        refuse_conflicts(project("docs", route("shop.x", "/blog/docs")), [shop, blog])


def test_consent_that_is_taken_back_counts_at_the_next_deploy_of_the_guest() -> None:
    blog = project("blog", route("shop.x", "/blog"))
    with pytest.raises(Refused, match="belongs to the project shop"):
        refuse_conflicts(blog, [SHOP], blog)


def test_who_is_first_owns_a_host_until_its_last_route_there_is_gone() -> None:
    shop = project("shop", route("Shop.x"))
    assert owned(shop, [], None) == ("shop.x",)
    shop = structs.replace(shop, owns=("shop.x",))
    blog = project("blog", route("shop.x", "/blog"), route("blog.x"))
    assert owned(blog, [shop], None) == ("blog.x",)
    assert owned(shop, [blog], shop) == ("shop.x",)
    assert owned(blog, [project("shop")], blog) == ("shop.x", "blog.x")


def test_routes_of_an_older_version_stay_and_get_no_more_without_a_word() -> None:
    shop, blog = project("shop", route("shop.x")), project("blog", route("shop.x", "/blog"))
    refuse_conflicts(blog, [shop], blog)
    refuse_conflicts(shop, [blog], shop)
    with pytest.raises(Refused, match="belongs to the project shop"):
        refuse_conflicts(project("blog", route("shop.x", "/blog"), route("shop.x", "/login")), [shop], blog)
    (said,) = shared_without_consent([shop, blog])
    assert said.startswith("shop.x: shop and blog both have routes there")
    agreed = project("shop", route("shop.x", "/", "blog"))
    assert not [*shared_without_consent([agreed, blog]), *shared_without_consent([blog, agreed])]
    assert not [*shared_without_consent([SHOP, blog, WILD])]


@pytest.mark.parametrize(
    "host",
    ["shop.example.com.", "shop.example.com:8080", "shöp.example.com", "a.x/b", "*.*.x", "shop_.x", "[::1]"],
)
def test_a_host_has_one_spelling(host: str) -> None:
    with pytest.raises(UnreadableInput, match="host"):
        parse_project_file(f"deploy:\n  routes:\n    - {{host: '{host}', service: web, port: 80}}\n", "dockworthy.yaml")


def test_a_certificate_is_shown_for_names_of_its_own_project_alone() -> None:
    """Whatever names it holds: a project could bring one for another one's host."""
    shop = project("shop", route("shop.x"), route("*.x"))
    blog = ProjectRoutes("blog", Edge(tls=Tls.FILES), (ServedRoute(route("blog.y")),))
    names = ["blog.shop.x", "blog.blog.y", "blog._.x", "shop", "shop.shop.x", "shop._.x", "strange.shop.x"]
    files = edge_files([shop, blog], dict.fromkeys(names, "PEM")).files
    assert files["certificates"].splitlines() == [
        "certs/blog.blog.y.pem blog.y",
        "certs/shop._.x.pem *.x",
        "certs/shop.shop.x.pem shop.x",
    ]
