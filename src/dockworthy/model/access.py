"""Who may do what: rights that a file gives to people and programs, and what it lets in from outside."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from .field import NOT_READ, Field, Source

ANY = "*"


class AccessRule(Struct, frozen=True, kw_only=True):
    """One rule of a role: these verbs on these resources of these API groups (`""` is the core group).

    `names` narrows it to single objects; `urls` are paths of the API that are no resources.
    """

    source: Source
    verbs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    def verbs_on(self, group: str, resource: str, verbs: Collection[str]) -> tuple[str, ...]:
        """Those of `verbs` that it allows on the resource; a wildcard counts as each. `pods/exec` is a resource of its
        own, which `pods` does not hold and `*` and `*/exec` do."""
        parent, _, part = resource.partition("/")
        meant = {resource, ANY, f"{ANY}/{part}" if part else parent}
        if not meant.intersection(self.resources) or not {group, ANY}.intersection(self.groups):
            return ()
        return tuple(verb for verb in verbs if verb in self.verbs or ANY in self.verbs)


class Holder(Struct, frozen=True):
    """Who holds a role: `kind` is `User`, `Group` or `ServiceAccount`."""

    kind: str
    name: str
    source: Source
    namespace: str = ""

    def __str__(self) -> str:
        kind = {"ServiceAccount": "service account", "Group": "group", "User": "user"}.get(self.kind, self.kind)
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"


class Opening(Struct, frozen=True, kw_only=True):
    """A way in from outside the cluster. `how` is `NodePort`, `LoadBalancer`, `externalIPs` or `Ingress`.

    `sources` are the address ranges that it is open to, none for all; `ports` those that are opened.
    """

    how: str
    says: str
    source: Source
    ports: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    internal: bool = False
    encrypted: bool = False


class Access(Struct, frozen=True, kw_only=True):
    """One object that gives rights or lets in. `id` is the file and the object's kind and name.

    `kind`: `role` and `clusterrole` have `rules`; `rolebinding` and `clusterrolebinding` name a `role` (its kind before
    the slash) and its `holders`; `service` and `ingress` have `openings`; `namespace` has what it enforces.
    `is_platforms_own`: made and kept by the platform itself.
    """

    id: str
    kind: str
    source: Source
    name: str = ""
    namespace: str = ""
    is_platforms_own: bool = False
    rules: tuple[AccessRule, ...] = ()
    role: str = ""
    role_source: Source | None = None
    holders: tuple[Holder, ...] = ()
    openings: tuple[Opening, ...] = ()
    enforces: Field[str] = NOT_READ
    """The level of the Pod Security Standards that is enforced in a namespace."""

    @property
    def reaches_everything(self) -> bool:
        """Does it count in every namespace?"""
        return self.kind.startswith("cluster")
