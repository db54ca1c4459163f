"""May somebody with these roles ask this? And what of the answer may they see?"""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

from msgspec import Struct, structs

from ...errors import DockworthyError
from ...model.edge_network import EDGE_NETWORKS, EDGE_PROJECT
from ...model.edge_secrets import EDGE_SECRETS
from ...model.guard_policy import Binding, Role
from ...model.image_names import in_full, repository_of
from ...model.kept_on_swarm import KEPT_NAMES
from ...model.labels import COMPOSE_PROJECT
from ...readers.api_object import ApiObject
from ..bounds import MOST_OF_PROJECT
from ..decision import Refusal, refused
from ..identity.identity import Identity
from ..request import NotCanonical
from ..request_body import read_body, with_body
from ..routes import Call
from ..routes.builder import asks_for_builder
from ..routes.table import Right
from .affected_objects import Objects, Touched, names_given, touched_by
from .pinned_names import with_pinned_body, with_pinned_path
from .projects import brought_by, project_by_name, with_labels_of_its_own
from .roles import RIGHTS, roles_with
from .showing import is_limited, within

_TITLE = "People and programs have the rights that their work needs"
_FOR_ALL = frozenset(("GET /_ping", "HEAD /_ping", "GET /version"))
"""What a client asks first; without it, it could not even show why it was refused."""
_LABELLED = ("container", "volume", "network", "secret", "config")
"""What Docker's own commands make with `--label`, and a project is known by."""
_COUNTED = (*_LABELLED, "service")
_SWARMS = "com.docker.swarm."
"""The beginning of the labels that a swarm gives its tasks."""
_OURS = "dockworthy."
"""The beginning of the labels and names by which a deploy finds what it keeps on a swarm: releases, locks,
certificates."""
_OF_DEPLOYS = frozenset(f"{kind}/{how}" for kind in ("configs", "secrets", "services") for how in ("create", "update"))


class Allowed(Struct, frozen=True, kw_only=True):
    """`call` with the ids of what it names (`pinned_names.py`). `limits` of what a list may show, empty
    where it may show all; `sees_secrets` of what it is about; `is_admin`: the policy does not bind them; `by_roles`:
    nothing was looked up for it, so the same request is allowed as long as the roles are the same; `by`: the role
    that allows it, None where everybody may; `may_stop`: they may stop or pause the container that it is about."""

    call: Call
    limits: tuple[Binding, ...] = ()
    sees_secrets: bool = False
    is_admin: bool = False
    by: Binding | None = None
    by_roles: bool = False
    may_stop: bool = False


class Denied(Struct, frozen=True, kw_only=True):
    """All reasons, at least one. `within`: it is about nothing of others, so that the policy may be asked for its
    reasons, too: they may tell what a container is."""

    reasons: tuple[Refusal, ...]
    within: bool = False


async def decide(
    call: Call,
    who: Identity,
    held: Sequence[Binding],
    objects: Objects,
    roled: Callable[[], frozenset[str]] = frozenset,
    *,
    grants: bool = True,
    signed: Callable[[str], bool] = lambda image: False,
    projects: Callable[[], frozenset[str]] = frozenset,
) -> Allowed | Denied:
    """`roled`: names of containers that have roles of their own; `grants`: somebody may be given a role for a time;
    `signed`: must this image be signed? `projects`: those that any role names, beside the ones that are there.
    Raises EngineError, NotCanonical; NotThere for what is named and is not there."""
    admin = next((binding for binding in held if binding.role is Role.ADMIN), None)
    if admin is not None:
        return Allowed(call=call, sees_secrets=True, is_admin=True, by_roles=True, by=admin, may_stop=True)
    if call.route.line in _FOR_ALL:
        return Allowed(call=call, by_roles=True)
    if asks_for_builder(call) and not any(Right.BUILD in RIGHTS[binding.role] for binding in held):
        return Denied(reasons=(_no_role(call, who, held, Right.BUILD, (), grants=grants),))
    able = [binding for binding in held if call.right in RIGHTS[binding.role]]
    if not able:
        about = await _touched_if_known(call, objects) if held else ()
        return Denied(reasons=(_no_role(call, who, held, call.right, about, grants=grants),))
    call = await with_pinned_body(call, objects)
    touched: list[Touched] = []
    reserved = roled() if call.right in (Right.EXEC, Right.CREATE) else frozenset()
    if reserved or any(is_limited(binding) for binding in held):
        touched = await touched_by(call, objects, neighbours=any(binding.projects for binding in held))
    reasons = [*_reserved(call, touched, reserved)]
    fitting = [binding for binding in able if _covers(binding, call, touched)]
    if not fitting:
        reasons.append(_out_of_limits(call, who, able, touched, grants=grants))
    if all(binding.projects for binding in fitting or able):
        own = frozenset(name for binding in fitting or able for name in binding.projects)
        reasons += [each async for each in _names_of_others(call, touched, own, objects, projects)]
        reasons += _labels_of_the_swarm(call)
        reasons += _what_deploys_keep(call)
        reasons += [each async for each in _labels_of_the_image(call, own, objects)]
        if not reasons and call.route.action.endswith("/create"):
            reasons += [each async for each in _too_many(touched, objects)]
    if all(binding.images for binding in fitting or able):
        for each in touched:
            if each.image and each.makes and signed(each.image):
                reasons += await _not_of_its_registry(each.image, objects)
    may_attach = any(Right.EXEC in RIGHTS[binding.role] and _covers(binding, call, touched) for binding in held)
    if not may_attach and _attaches_input(call):
        reasons.append(_no_input(who, held, touched, grants=grants))
    if reasons:
        is_theirs = all(each.makes or any(_within(one, each, call) for one in able) for each in touched)
        return Denied(reasons=tuple(reasons), within=is_theirs)
    sees = any(
        Right.SECRETS in RIGHTS[binding.role] and _covers(binding, call, touched, secrets=True) for binding in held
    )
    limits = tuple(fitting) if all(is_limited(binding) for binding in fitting) else ()
    if all(binding.projects for binding in fitting):
        call = _kept_from_images(call)
    may_stop = any(
        Right.OPERATE in RIGHTS[binding.role]
        and (not is_limited(binding) or all(within(binding, each, looks=False) for each in touched))
        for binding in held
    )
    call = await with_pinned_path(call, touched, objects)
    return Allowed(call=call, limits=limits, sees_secrets=sees, by=fitting[0], may_stop=may_stop)


async def _touched_if_known(call: Call, objects: Objects) -> Sequence[Touched]:
    """For the words of a refusal only: nothing where it can't be looked up."""
    try:
        return await touched_by(call, objects, neighbours=False)
    except (DockworthyError, NotCanonical):
        return ()


async def _not_of_its_registry(image: str, objects: Objects) -> list[Refusal]:
    """Why what has this name here did not come from the registry of the name, or go there, as far as can be told. One
    that is not here is the engine's matter."""
    found = await objects.found("image", image)
    if found is None:
        return []
    repository = repository_of(in_full(image))
    digests = [str(each) for each in found.get("RepoDigests") or ()]
    own = {each.rpartition("@")[2] for each in digests if repository_of(in_full(each)) == repository}
    if not own:
        return [_only_named_so(image)]
    # In containerd's store the id is the digest, and every name has it: only the registry itself can tell.
    if own != {found.get("Id")} or await objects.is_at_registry(f"{repository}@{found.get('Id')}"):
        return []
    return [_origin_unknown(image, repository, str(found.get("Id")))]


def _attaches_input(call: Call) -> bool:
    """`docker run -i` and `docker compose run` attach the input of what they make. A service with `stdin_open` alone
    does not. Raises NotCanonical."""
    return call.route.action == "containers/create" and ApiObject(read_body(call), "").at("AttachStdin").data is True


def _no_input(who: Identity, held: Sequence[Binding], touched: Sequence[Touched], *, grants: bool) -> Refusal:
    """Said before anything is made: later the attach would be refused, and a container left that never started."""
    granting = _granting(who, Right.EXEC, held, touched) if grants else ""
    return refused(
        "guard/roles",
        _TITLE,
        f"{_roles_of(who, held)}, and to attach the container's input (AttachStdin) needs {roles_with(Right.EXEC)}",
        "leave -i out (docker compose run: --interactive=false -T)" + (f", or {granting}" if granting else ""),
    )


def _only_named_so(image: str) -> Refusal:
    return refused(
        "guard/image-origin",
        "An image that must be signed is the one that its registry has",
        f"what is called {image} here has no digest of that repository: somebody tagged, loaded or built it",
        f"pull it: docker pull {image}",
    )


def _origin_unknown(image: str, repository: str, digest: str) -> Refusal:
    return refused(
        "guard/image-origin",
        "An image that must be signed is the one that its registry has",
        f"it can't be told where {image} here comes from: the engine keeps images in containerd's store, where every "
        f"name has the digest, and asked without a login the registry does not say that it has {digest[:19]}…",
        f"see whether {repository} has it (docker manifest inspect {repository}@{digest}), and ask an admin",
    )


def _covers(binding: Binding, call: Call, touched: Sequence[Touched], *, secrets: bool = False) -> bool:
    """A list is asked for by everybody who may see, and shows what is theirs; the secrets in it without limits only."""
    if not is_limited(binding):
        return True
    if not touched and (secrets or call.route.action.endswith("/prune")):
        return False
    return all(_within(binding, each, call, secrets=secrets) for each in touched)


def _within(binding: Binding, each: Touched, call: Call, *, secrets: bool = False) -> bool:
    looks = call.right in (Right.VIEW, Right.REGISTRY) or call.route.action == "images/create"
    return within(binding, each, looks=looks, secrets=secrets)


async def _names_of_others(
    call: Call,
    touched: Sequence[Touched],
    own: frozenset[str],
    objects: Objects,
    roles: Callable[[], frozenset[str]],
) -> AsyncIterator[Refusal]:
    """Compose and `docker stack` use what is there under a name of theirs, whoever made it, and so does the edge, also
    where it is not there yet."""
    names = [name for name in names_given(call, touched) if "_" in name or "-" in name]
    if not names:
        return
    known = own | roles() | await objects.projects() | {EDGE_PROJECT}
    for name in dict.fromkeys(names):
        project = EDGE_PROJECT if name.casefold() in EDGE_NETWORKS else project_by_name(name, known)
        if project and project not in own:
            yield refused(
                "guard/roles",
                _TITLE,
                f"the name {name} begins like the names of project {project}",
                "choose a name that begins with the name of your own project, or ask an admin",
            )


def _labels_of_the_swarm(call: Call) -> Iterator[Refusal]:
    if call.route.action != "containers/create":
        return
    labels = ApiObject(read_body(call), "").words("Labels")
    given = [name for name in labels if name.startswith(_SWARMS)]
    if given:
        says = f"the label {given[0]} marks a container as a task of a service"
        yield refused("guard/roles", _TITLE, says, "leave it out: the swarm itself labels its tasks")


def _what_deploys_keep(call: Call) -> Iterator[Refusal]:
    """By these labels and names a deploy of root's finds the releases of all projects and the edge's certificate
    authority, and it rolls out what it finds: somebody limited to one project could write them for others, or take the
    name of the next one of their own, and remove it when root has written there."""
    if call.route.action not in _OF_DEPLOYS:
        return
    body = ApiObject(read_body(call), "")
    # A service may have others of a deploy, which come again with each update.
    wanted = f"{_OURS}kind" if call.route.action.startswith("services/") else _OURS
    given = [name for name in body.words("Labels") if name.startswith(wanted)]
    name = body.word("Name")
    called = name.casefold()  # a swarm compares names without their case
    if given or called.startswith((_OURS, EDGE_SECRETS)) or KEPT_NAMES in called:
        says = f"the label {given[0]}" if given else f"the name {name}"
        yield refused(
            "guard/roles",
            _TITLE,
            f"{says} is reserved for what `dockworthy deploy` keeps on a swarm",
            "leave it out; who deploys a project to a swarm needs a role without `projects`",
        )


async def _labels_of_the_image(call: Call, own: frozenset[str], objects: Objects) -> AsyncIterator[Refusal]:
    """The engine gives a container the labels of its image, too: Compose, and whoever asks for a project's containers,
    would take it for that project's."""
    if call.route.action != "containers/create":
        return
    body = ApiObject(read_body(call), "")
    image = await objects.found("image", body.word("Image")) if body.word("Image") else None
    for project in sorted(brought_by((image or {}).get("Config"), body.at("Labels").data) - own):
        yield refused(
            "guard/roles",
            _TITLE,
            f"the labels of the image make it a container of project {project}",
            "give the container that label with the name of your own project, or use an image without it",
        )


async def _too_many(touched: Sequence[Touched], objects: Objects) -> AsyncIterator[Refusal]:
    """The engine keeps each in memory, outside of every limit, also what never starts."""
    for kind, project in dict.fromkeys((each.kind, each.project) for each in touched if each.makes):
        number = await objects.number_of(kind, project) if project and kind in _COUNTED else 0
        if number >= MOST_OF_PROJECT:
            yield refused(
                "guard/size",
                "A project has as many objects as one engine can keep",
                f"project {project} has {number} {kind}s already, and may have {MOST_OF_PROJECT}",
                f"remove those that are no longer needed (docker {kind} prune), or ask an admin",
            )


def _kept_from_images(call: Call) -> Call:
    """A service whose image is fetched later: its tasks get the labels that an image could bring."""
    if call.route.action not in ("services/create", "services/update"):
        return call
    body = read_body(call)
    return with_body(call, with_labels_of_its_own(body)) if body else call


def _reserved(call: Call, touched: Sequence[Touched], reserved: frozenset[str]) -> Iterator[Refusal]:
    """Who acts inside such a container, or takes its name, would have its role."""
    wanted = call.query.get("name", "").lstrip("/")
    if call.route.action in ("containers/create", "containers/rename") and wanted in reserved:
        yield refused("guard/roles", _TITLE, f"the name {wanted} has a role of its own", "ask an admin")
    inside, renames = call.right is Right.EXEC, call.route.action == "containers/rename"
    for each in touched:
        if each.kind == "container" and each.name in reserved and (inside or each.joins):
            yield refused("guard/roles", _TITLE, f"{each} has a role of its own, which you would have", "ask an admin")
        elif each.kind == "container" and each.name in reserved and renames and each.id:
            says = f"{each} has a role of its own, which goes by its name"
            yield refused("guard/roles", _TITLE, says, "ask an admin")


def _roles_of(who: Identity, held: Sequence[Binding]) -> str:
    roles = " and ".join(dict.fromkeys(map(_with_limits, held)))
    return f"{who.name} is {roles}" if roles else f"{who.name} has no role here"


def _with_limits(binding: Binding) -> str:
    limits = ", ".join((*binding.projects, *binding.images))
    return binding.role.value + (f" of {limits}" if limits else "")


def _no_role(
    call: Call, who: Identity, held: Sequence[Binding], right: Right, touched: Sequence[Touched], *, grants: bool
) -> Refusal:
    what = f"{call.route.method} {call.route.action}" if right is call.right else "building images"
    outside = [each for each in touched if not any(_within(one, each, call) for one in held)]
    says = f"{_roles_of(who, held)}, and {what} needs {roles_with(right)}{_places(outside, held)}"
    return refused("guard/roles", _TITLE, says, _granting(who, right, held, touched) if grants else "")


def _out_of_limits(
    call: Call, who: Identity, able: Sequence[Binding], touched: Sequence[Touched], *, grants: bool
) -> Refusal:
    limits = "; ".join(_with_limits(each) for each in able if is_limited(each))
    outside = [each for each in touched if not any(_within(one, each, call) for one in able)]
    places = _places(outside, able)
    remedy = _labelling(call, able, outside)
    if not remedy and grants and outside:
        remedy = _granting(who, call.right, able, touched)
    return refused(
        "guard/roles", _TITLE, f"{who.name} is {limits}{places or ', and this is about all of them'}", remedy
    )


def _labelling(call: Call, able: Sequence[Binding], outside: Sequence[Touched]) -> str:
    """What makes it one of their project's, where it lacks nothing but the project."""
    labelled = [structs.replace(each, project=able[0].projects[0]) for each in outside if able[0].projects]
    of_none = all(each.makes and not each.project and each.kind in _LABELLED for each in outside)
    if not labelled or not of_none or not all(_within(able[0], each, call) for each in labelled):
        return ""
    return f"make it your project's: --label {COMPOSE_PROJECT}={shlex.quote(able[0].projects[0])}"


def _places(outside: Sequence[Touched], held: Sequence[Binding]) -> str:
    by_images = any(each.images for each in held)
    return "".join(f", and {each} is of {_place(each, by_images=by_images)}" for each in dict.fromkeys(outside))


def _place(each: Touched, *, by_images: bool) -> str:
    project = f"project {each.project}" if each.project else "no project"
    image = f" and image {each.image}" if each.image and by_images else ""
    return f"{project}{image}" + (f" ({each.why})" if each.why else "")


def _granting(who: Identity, right: Right, held: Sequence[Binding], touched: Sequence[Touched]) -> str:
    """The command by which root gives them a role for a time that allows this and no more; empty for somebody who can
    have none. Never an admin's role: an admin is root on the host."""
    role = next(role for role, rights in RIGHTS.items() if right in rights)
    if role is Role.ADMIN:
        return "this takes an admin, who is root on the host: let root do it"
    kind, _, name = who.name.partition(" ")
    if f"{kind}:{name}" not in who.names:
        return ""
    limit = _limit_of_grant(role, held, touched)
    if limit is None:
        return "let root do it: no grant for one project or image would do"
    whom = name if kind == "user" else f"{kind}:{name}"
    return f'ask root: dockworthy guard grant {shlex.quote(whom)} {role.value}{limit} --for 1h --reason "…"'


def _limit_of_grant(role: Role, held: Sequence[Binding], touched: Sequence[Touched]) -> str | None:
    """Options that keep a grant to what was asked for. None where it can't be kept to that."""
    about = [each for each in touched if each.kind != "image"]
    if touched and not about:
        return None if any(map(is_limited, held)) else ""
    if about and all(each.project for each in about):
        return _options("--project", (each.project for each in about))
    if about:
        return _options("--image", (each.image for each in about)) if all(each.image for each in about) else None
    own = [name for binding in held for name in binding.projects]
    if own:
        return _options("--project", own)
    images = [name for binding in held for name in binding.images]
    if images:
        return _options("--image", images)
    return "" if role is Role.VIEWER or held else " --project NAME"  # whose a thing is, is not told to everybody


def _options(name: str, values: Iterable[str | None]) -> str:
    return "".join(f" {name} {shlex.quote(each)}" for each in dict.fromkeys(values) if each)
