"""The reference page of policies: what a rule can ask, from the model itself; the rest in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import structs

from ..model.guard_policy import GuardPolicy
from .expression.checking import DEEPEST, MACROS
from .expression.evaluating import MOST_STEPS
from .expression.library import FUNCTIONS
from .expression.parsing import LONGEST
from .expression.types import Fields, ListOf, MapOf, Type, in_words
from .workload_view import entries

INTRODUCTION = """
What dockworthy.yaml holds under `policy` counts for every command that judges: `check` of files, `assess` of what
runs, now or from a snapshot. Its [schema](schema/dockworthy-yaml.json) is for your editor; `dockworthy policy show`
prints the whole of it with the place of each part, `dockworthy explain CONTROL PATH` what it made of a file.
The file is the one that `--policy` names, else the nearest in the current folder or above it; where there is none,
`check` and `fix` take the nearest above what they judge, if that is one for all of it. What lies above a Git checkout
does not count in it: `--policy` names it.

```yaml
policy:
  level: restricted                  # baseline, restricted or production (the default)
  levels: {metrics: baseline}        # a subject's own, lower or higher, by name or id: the report says so
  unknown: fail                      # what a file can't tell fails it; accept (the default): it is listed
  comments: accept                   # refuse: no exception by comment counts
  before_deploy:                     # what else must be shown before `dockworthy deploy` changes anything
    host: restricted                 # `assess` says yes of the host, at this level
    signatures:
      - {key: cosign.pub, images: ["*", "!postgres:*"]}
    tests: [make test]               # commands that must pass
  exceptions:
    - control: workload/writable-root
      subject: db                    # a name, an id as reports show it, or "*"
      reason: PostgreSQL writes its socket to /var/run
      owner: ops@example.com
      expires: 2027-03-01            # past that day it is a failure again
  rules:
    - id: custom/own-registry
      severity: high                 # critical, high, medium or low
      when: "!workload.image.startsWith('registry.example.com/')"
      says: Images come from our registry
```

An exception that expired, matches no failure, or names a control that there is none of is said in each report. One
under the id that a control had before it was renamed counts, and the report says what it is called now. What
`before_deploy` asks is told on the page about [deploys](deploy.md#what-the-policy-asks-before-a-deploy).
"""

RULES = """
## Rules of your own

A rule fails a workload for which `when` is true. `when` is [CEL](https://cel.dev), asked of one container at a time;
the finding cites the values that decided, each with its line. `says` is the title of the finding: what should be true.
May be added: `why`, `remedy`, `level` (from which it is asked; else always), `demand`, `platforms` (docker, swarm,
kubernetes, marathon, titus; else all).

**Three values.** Nobody wrote a memory limit; a variable has no value here; a value is a secret, and hidden: there is
nothing to compare. What depends on such a value is *unknown*, with the reason, never true and never false. Only what
depends on it: `false && workload.image == 'x'` is false, and `exists` is true where one entry is known to fit.
`has(workload.user)` is false for what nobody wrote, and unknown for what could not be seen. To fail what is not
written, ask for it:

| means | `when` |
|---|---|
| privileged containers fail | `has(workload.privileged) && workload.privileged` |
| a limit is missing, or above 1 GiB | `!has(workload.limits.memory) \\|\\| workload.limits.memory > 1073741824` |
| no label `team` | `!('team' in workload.labels)` |
| a folder of /etc is mounted writable | `workload.mounts.exists(m, m.source.startsWith('/etc/') && !m.read_only)` |
| NET_ADMIN is added | `has(workload.capabilities_add) && 'NET_ADMIN' in workload.capabilities_add` |
| more than one container | `size(workload.containers) > 1` |

Lists of parts (mounts, ports, devices, probes) are always there, if need be empty. A rule makes no maps of its own, and
compares no whole mount with another: it names their fields.
"""

EXTENDS = """
## A policy for several projects

```yaml
policy:
  extends: ../policy.yaml            # or a list; paths from this file
  levels: {metrics: baseline}
```

The file named is a dockworthy.yaml, too; of it only what stands under `policy` is taken over. Rules and exceptions are
joined, and so are signatures and tests; level, `unknown`, `comments`, `host` and each entry of `levels` count as they
stand nearest: in the file itself, then in the files that it extends, in the order named. One rule id at two places, a
circle and a missing file are errors.
"""

COMMENTS = """
## Exceptions by comment

In the file that is judged, with the same two that every exception has: a reason and a last day. Who accepts it may be
named.

```yaml
services:
  web:
    image: nginx:1
    # dockworthy: allow workload/writable-root until 2027-03-01 by ann@example.com: nginx writes its pid
    restart: always
```

It speaks for the service or the manifest in whose lines it stands; above a service's key for that service. In a
Dockerfile, where a comment has a line of its own, for what is found on the next instruction. `allow-file` in place of
`allow` speaks for every subject of its file. JSON has no comments: use `exceptions` there. A comment that is not
understood accepts nothing and is said with its line. Exceptions of dockworthy.yaml come first; with `comments: refuse`
they are the only ones.
"""

TESTS = """
## Tests of a policy

`dockworthy policy test tests.yaml` judges examples and compares. `expect` is, for each control, the worst outcome:
fail, unknown, excepted, pending, pass, not_applicable or not_asked. Rules that no test makes fail are named.

```yaml
policy: dockworthy.yaml              # a path from here; else the nearest dockworthy.yaml above
tests:
  - name: other registries fail
    compose: |
      services: {web: {image: nginx}}
    expect: {custom/own-registry: fail}
  - name: ours pass
    docker run: docker run registry.example.com/shop:1
    expect: {custom/own-registry: pass}
```
"""

GUARD = """
## What the guard lets pass

`guard:` stands beside `policy:` in dockworthy.yaml, and is read by the [guard](guard.md) alone: what requests to the
engine may ask for beyond the controls of the level, and who may ask. Nothing listed is nothing allowed. `guard
observe` and `guard report` draft it from what is at work; a change is in force two seconds after the file is written.

```yaml
policy: {level: baseline}            # the controls that every request is judged by; the guard's own default
guard:
  binds: [/srv/shop, "/var/log:ro"]  # folders, not patterns; each for everything below it
  devices: [/dev/dri/renderD128]
  log_drivers: [fluentd]
  images: ["registry.example.com/shop/*"]
  ports: [80, 443, 8000-8999/tcp]
  builds: false
  roles:
    - {who: "user:alice", role: operator, projects: [shop]}
    - {who: "group:deploy", role: deployer, projects: [shop], images: ["registry.example.com/shop/*"]}
    - {who: "container:traefik", role: viewer}
```
"""

GUARD_PARTS = {
    "binds": "Folders of the host below which a container may mount files, `/srv/shop` to write and `/var/log:ro` only "
    "to read; the longest that fits counts. Each, and every folder above it, must be writable by root alone and by no "
    "container. What is written lies below a folder that root alone can enter (`chmod o-x /srv/shop`), or on a mount "
    "with `nosuid,nodev`. The guard's own files can't be mounted, whatever is listed",
    "devices": "Devices of the host by path, `/dev/dri/renderD128`, or by numbers, `c 189:*`, beside the harmless ones",
    "runtimes": "Names of runtimes in daemon.json, `runsc`, beside the engine's own",
    "log_drivers": "`syslog`, `fluentd`…, beside `json-file`, `local`, `journald` and `none`",
    "volume_drivers": "Names of volume plugins, beside `local`",
    "network_drivers": "`macvlan`, `ipvlan`, names of plugins…, beside `bridge` and `overlay`",
    "images": "Patterns of names that are this policy's own: nobody but an admin tags, loads, commits or builds over "
    "them. With any, builds by BuildKit are refused, as these may give every name",
    "registries": "Hosts that the engine may be sent to, and no others: `docker.io`, `registry.example.com`, "
    "`*.example.com`, `localhost:5000`. None listed: all but the host itself, its containers and its link",
    "ports": "Ports of the host that may be published, and no others: `443`, `8000-8999/tcp`, `1024-65535/udp`. None "
    "listed: containers may publish every one, and services of a swarm those from 1024 on. What a program of the host "
    "or the edge has is never published, and a port that the engine chooses itself (`-p 80`) needs no listing",
    "builds": "May images be built here? BuildKit's are refused all the same unless the engine keeps them from the "
    "host's network (`guard install --confine-builds`)",
    "roles": "Who may do what at the guard's socket for people; see below",
}

GUARD_ROLES = """
An entry of `roles`: `who` is `user:NAME` (or a number), `group:NAME`, `certificate:NAME` (the common name) or
`container:NAME`; `role` is `viewer`, `deployer`, `operator` or `admin` ([what each may
do](guard-socket.md#everybody-by-their-own-name)); `projects` (of Compose, or stacks of Swarm) and `images` (patterns)
limit it to objects of those, and an admin has no limits. Who holds several roles may do what any of them allows; who
holds none is refused everything. The host's root is an admin. The policy binds deployers and operators, too: a role
gives no more than it does. `dockworthy guard grant` gives a role for a time, without this file.

The engine's plugin knows nobody: behind it alone, `roles` counts for nothing, and everybody is judged by the rest.
"""


_SHOWN_FUNCTIONS = ("size", "contains", "startsWith", "endsWith", "matches", "int", "double", "timestamp", "duration")


def policy_page(written_by: str) -> str:
    """`docs/policy.md`."""
    limits = f"At most {LONGEST:,} characters, {DEEPEST} brackets inside each other, {MOST_STEPS:,} entries looked at."
    parts = ["# Policies", written_by, INTRODUCTION, RULES, limits, "## What a rule can ask", _asked(), *_nouns()]
    parts += ["## What CEL offers here", _offered(), EXTENDS, COMMENTS, TESTS, GUARD, _guard(), GUARD_ROLES]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _guard() -> str:
    """Each part of `guard:`; one without words here is an error."""
    return _table(("Part", "What it allows or limits", "Default"), [
        (field.name, GUARD_PARTS[field.name], f"`{_yaml(field.default)}`") for field in structs.fields(GuardPolicy)
    ])  # fmt: skip


def _yaml(default: object) -> str:
    return "true" if default is True else "false" if default is False else "[]" if default == () else str(default)


def _asked() -> str:
    rows = [(f"workload.{name}", _type(entry.type), entry.says) for name, entry in entries().items()]
    return _table(("Name", "Is", "Says"), rows)


def _nouns() -> Iterator[str]:
    """The structured values behind those names, each once."""
    for kind in _structured():
        rows = [(name, _type(inner)) for name, inner in kind.fields.items()]
        yield f"### {kind.name}\n\n{_first_line(kind)}{_table(('Field', 'Is'), rows)}"


def _structured() -> list[Fields]:
    found: dict[str, Fields] = {}
    waiting: list[Type] = [entry.type for name, entry in entries().items() if name != "containers"]
    while waiting:
        kind = waiting.pop(0)
        if isinstance(kind, ListOf):
            waiting.append(kind.element)
        elif isinstance(kind, MapOf):
            waiting.append(kind.value)
        elif isinstance(kind, Fields) and kind.name not in found:
            found[kind.name] = kind
            waiting += kind.fields.values()
    return [found[name] for name in sorted(found)]


def _first_line(kind: Fields) -> str:
    """What the model says of itself; a noun that says nothing has only msgspec's own words."""
    says = (kind.of.__dict__.get("__doc__") or "").strip()
    return f"{' '.join(says.split())}\n\n" if says and not says.startswith(f"{kind.name}(") else ""


def _type(kind: Type) -> str:
    return in_words(kind)


def _offered() -> str:
    shown = ", ".join(f"`{name}`" for name in _SHOWN_FUNCTIONS if name in FUNCTIONS)
    macros = ", ".join(f"`{name}`" for name in ("has", *sorted(MACROS)))
    return (
        f"`&&`, `||`, `!`, `? :`, `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, arithmetic; {macros}; {shown}. CEL does not "
        "turn one type into another: `1 + 'a'` is unknown, with these words. `matches` takes RE2's expressions, "
        "whose time is linear in the text."
    )


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join([f"`{row[0]}`", *row[1:]]) + " |" for row in rows)])
