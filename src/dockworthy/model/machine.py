"""A machine: a host, its engine and all that stands on it, as the readers filled it from one snapshot."""

from __future__ import annotations

from msgspec import Struct

from .engine import Cluster, DataVolume, Engine, Image, Network
from .evidence import EvidenceFacts
from .field import NOT_READ, Field
from .host import Host
from .policy import Intent, Reach
from .proof import Proof
from .services import ServiceAnswer
from .workload import Unit


class Machine(Struct, frozen=True, kw_only=True):
    """`engine_answers` is Unknown, with the reason, where no engine could be asked; the lists are then empty.

    `intent` is what dockworthy.yaml states, `published` who it lets reach which published port (None: it says nothing),
    `proofs` are the tools that were seen to do a demand's job here,
    `evidence` the facts that they rest on.
    `doubted`: `container/NAME` -> why what that container shows proves nothing for the host.
    `unseen` names what could not be read of the lists (one entry an object or list), with its reason.
    """

    taken: str
    host: Host
    engine: Engine
    engine_answers: Field[bool] = NOT_READ
    units: tuple[Unit, ...] = ()
    images: tuple[Image, ...] = ()
    networks: tuple[Network, ...] = ()
    volumes: tuple[DataVolume, ...] = ()
    cluster: Cluster | None = None
    unseen: dict[str, str] = {}
    intent: Intent = Intent()
    published: dict[str, Reach] | None = None
    proofs: tuple[Proof, ...] = ()
    evidence: EvidenceFacts = EvidenceFacts()
    doubted: dict[str, str] = {}
    services_asked: Field[tuple[ServiceAnswer, ...]] = NOT_READ
