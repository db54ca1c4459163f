"""The page of all requests that the guard knows, written from its table."""

from __future__ import annotations

from .table import ROUTES, ApiRoute, Body, Right

_MEANINGS = {
    Right.VIEW: "see what is there",
    Right.SECRETS: "see what may hold secrets: environments, files and memory of containers",
    Right.CREATE: "make, change and remove objects",
    Right.OPERATE: "start, stop, restart, signal",
    Right.EXEC: "run commands in containers, take part in their input",
    Right.REGISTRY: "have the engine ask a registry: log in, search, look an image up (to pull one takes `create`)",
    Right.BUILD: "build, load, tag and push images",
    Right.ADMIN: "what reaches the engine or the host itself; nobody has it whom the guard does not know",
}
_TEXT = """\
What is not listed here is refused: a request takes exactly one of these routes, with any or no version before it, with
the parameters of that route and no others (what only shows things, and what is sent as JSON, may have parameters that
this engine passes over). *Looked into* says that the request's content is judged, too, or the object that it names."""


def routes_page(written_by: str) -> str:
    """Markdown. `written_by` is the line that says where the page comes from."""
    rights = [f"| `{right.value}` | {_MEANINGS[right]} |" for right in Right]
    routes = [_row(route) for route in ROUTES]
    lines = ["# Requests that the guard knows", "", written_by, "", _TEXT, ""]
    lines += ["| right | to |", "|---|---|", *rights, ""]
    lines += ["| request | right | body | looked into | parameters |", "|---|---|---|---|---|", *routes, ""]
    return "\n".join(lines)


def _row(route: ApiRoute) -> str:
    body = {Body.NONE: "", Body.JSON: "JSON", Body.MAYBE_JSON: "JSON or none", Body.STREAM: "stream"}[route.body]
    names = " ".join(f"`{name}`" for name in sorted(route.query))
    looked = "yes" if route.judge and route.judge != "admins_only" else ""
    right = route.right.value + "".join(f" (with `{name}`: {right.value})" for name, right in route.more.items())
    right += "".join(f" (without `{name}`: {right.value})" for name, right in route.without.items())
    return f"| `{route.method} {route.path}` | {right} | {body} | {looked} | {names} |"
