"""The six ways to production, with what speaks for and against each: what we would tell a friend."""

from __future__ import annotations

from ..model.policy import Code, Data
from .ways import MANY_SERVICES, RULED_OUT, Plan, WayFacts, WayReason, exposed


def _always(_: WayFacts) -> bool:
    return True


def _few(s: WayFacts) -> bool:
    return s.operators <= 2


def _nobody(s: WayFacts) -> bool:
    return s.operators == 0


def _nobody_at_night(s: WayFacts) -> bool:
    return s.intent.team.on_call is False and not s.relaxed


UNSANDBOXED = WayReason(
    lambda s: s.untrusted and not s.has_sandbox,
    RULED_OUT,
    "code: untrusted, and the engine has no sandbox runtime: it would share the host's kernel",
)
NOBODY = WayReason(_nobody, RULED_OUT, "team.operators: 0: somebody must mend a host of your own")
NIGHT = WayReason(_nobody_at_night, -2, "team.on_call: no: a fault at night waits for the morning")

ONE_HOST = Plan(
    "one-host",
    "Do it yourself, on one host",
    1,
    "about 20 to 40 hours to begin (harden the host, a pipeline, an edge, a backup that was restored once), 2 "
    "to 5 hours a month; money: one server, and storage elsewhere for backups",
    "little: a Compose file and volumes move to any other host with an engine",
    (
        WayReason(lambda s: not s.survives, 3, "one host is enough: it need not survive the loss of it"),
        WayReason(_few, 2, "it is what one or two people can look after"),
        WayReason(lambda s: s.hosts > 1 and not s.survives, -1, "dockworthy.yaml names several hosts: one would do"),
        WayReason(lambda s: s.precious and not s.survives, 1, "data stays in one place, which makes its backup simple"),
        WayReason(lambda s: s.survives, RULED_OUT, "availability: survives-host-loss, and one host is lost whole"),
        UNSANDBOXED,
        NOBODY,
        NIGHT,
    ),
)

INDEPENDENT_HOSTS = Plan(
    "independent-hosts",
    "Do it yourself, on several independent hosts",
    2,
    "about 40 to 80 hours to begin (as one host, each; a load balancer or DNS in front; one repository that "
    "deploys to all), 4 to 8 hours a month; money: two servers or more, a load balancer, and storage "
    "elsewhere for backups",
    "little: every host can be left alone",
    (
        WayReason(lambda s: s.survives and not s.precious, 3, "a host may die: what it served, another serves"),
        WayReason(_always, 1, "nothing is shared, so one fault stays on one host"),
        WayReason(lambda s: s.hosts > 1 and not s.in_swarm, 1, "dockworthy.yaml names several hosts already"),
        WayReason(lambda s: s.relaxed, -3, "availability: best-effort: the second host earns nothing"),
        WayReason(
            lambda s: s.survives and s.precious,
            -1,
            "data: precious must be replicated by the database itself: such hosts know nothing of each other",
        ),
        UNSANDBOXED,
        NOBODY,
        NIGHT,
    ),
)

SWARM = Plan(
    "swarm",
    "Do it yourself, on several hosts with Swarm",
    3,
    "about 80 to 160 hours to begin (three managers, an edge on more than one of them, data that stays where "
    "it is, drills of a lost host), 8 to 16 hours a month; money: three servers or more, and storage "
    "elsewhere for backups",
    "some: Compose files stay, but overlays, secrets and placement must be written again elsewhere",
    (
        WayReason(lambda s: s.survives, 4, "availability: survives-host-loss: tasks of a dead host start on another"),
        WayReason(lambda s: s.in_swarm, 2, "this engine is in a swarm already"),
        WayReason(lambda s: s.operators > 1, 1, "several people can look after it"),
        WayReason(
            lambda s: s.survives and 0 < s.nodes < 3,
            -1,
            "the swarm here has fewer than three nodes: it keeps no quorum",
        ),
        WayReason(
            lambda s: s.survives and s.volumes > 0, -1, "volumes hold data on this host: Swarm does not take them along"
        ),
        WayReason(lambda s: s.relaxed, -4, "availability: best-effort does not need three managers"),
        WayReason(
            lambda s: s.operators == 1, -2, "one person (team.operators: 1) is too few to recover a lost Swarm quorum"
        ),
        WayReason(
            lambda s: s.precious,
            -1,
            "data: precious stays on its node: Swarm moves tasks, not volumes",
        ),
        UNSANDBOXED,
        NOBODY,
        NIGHT,
    ),
)

RENTED = Plan(
    "rented-service",
    "A rented cloud service that runs containers",
    4,
    "about 10 to 30 hours to begin, 1 to 4 hours a month; money: a bill by use each month, usually more than a server "
    "with as much memory costs, and somebody who reads it",
    "much where its own database, queue and identity are used; little for plain containers",
    (
        WayReason(_nobody, 4, "nobody here mends hosts: somebody else does"),
        WayReason(lambda s: s.untrusted, 3, "each container can have a kernel of its own there"),
        WayReason(lambda s: s.survives, 2, "a lost host is the provider's matter"),
        WayReason(_nobody_at_night, 2, "the provider is awake at night"),
        WayReason(lambda s: s.precious, 1, "a managed database brings backups that can be restored to a point in time"),
        WayReason(
            lambda s: not exposed(s) and not s.survives,
            -2,
            "exposure: what only you or your network reach would have to leave your network",
        ),
        WayReason(lambda s: s.relaxed and not _nobody(s), -1, "availability: best-effort is cheaper on your own host"),
    ),
)

PLATFORM = Plan(
    "platform",
    "Kubernetes or another ready-made platform, hosted or your own",
    3,
    "hosted: about 20 to 60 hours to begin, 4 to 8 hours a month; money: a monthly fee beside the servers. "
    "One of your own: about 160 to 400 hours to begin, 20 to 40 hours a month for upgrades and faults; money: "
    "three servers or more",
    "some: deploys, routes and secrets are in the platform's words",
    (
        WayReason(lambda s: s.operators <= 1 and not s.untrusted, 1, "deploys, certificates and logs come with it"),
        WayReason(lambda s: s.survives and s.operators >= 3, 2, "Kubernetes: three people or more can keep one"),
        WayReason(
            lambda s: s.has_many_services and s.operators >= 3,
            4,
            "Kubernetes: so many services run here that placing them by hand costs more than a cluster does",
        ),
        WayReason(
            lambda s: 0 < s.services < MANY_SERVICES and not s.survives,
            -1,
            "few services run here: Kubernetes would be more work than all of them",
        ),
        WayReason(lambda s: s.survives and 0 < s.operators < 3, -3, "team.operators: fewer than three for a cluster"),
        WayReason(lambda s: s.relaxed and not _nobody(s), -1, "availability: best-effort needs less than a platform"),
        WayReason(lambda s: s.intent.data is Data.PRECIOUS, -1, "data: precious: its volumes still need your backup"),
    ),
)

NO_DOCKER = Plan(
    "not-docker",
    "Not Docker: packages and services of the distribution, or virtual machines",
    2,
    "about 20 to 60 hours for each service to begin (configuration management in place of images), 2 to 5 "
    "hours a month; money: one server, or a virtual machine for each service",
    "none of Docker's; what you script stays yours",
    (
        WayReason(
            lambda s: s.untrusted and not s.has_sandbox,
            3,
            "code: untrusted belongs in a virtual machine of its own",
        ),
        WayReason(
            lambda s: s.intent.code is Code.OWN and s.relaxed and s.precious,
            1,
            "one database and one program from the distribution's packages are the smallest foundation",
        ),
        WayReason(
            lambda s: not s.relaxed,
            -1,
            "deploys without downtime are yours to build",
        ),
        WayReason(lambda s: s.intent.code is Code.THIRD_PARTY, -2, "code: third-party comes as images more and more"),
        NOBODY,
    ),
)

PLANS = (ONE_HOST, INDEPENDENT_HOSTS, SWARM, RENTED, PLATFORM, NO_DOCKER)
