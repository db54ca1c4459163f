"""What files say: everything in them that can be judged."""

from __future__ import annotations

from msgspec import Struct

from .access import Access
from .build import ImageBuild
from .orchestrated import Neighbours
from .policy_change import PolicyChange
from .text_file import TextFile
from .workload import Unit


class Written(Struct, frozen=True, kw_only=True):
    """Of one file, or of several. `notes`: what a reader could make nothing of, each with its place.

    `neighbours` say something about units that may stand in other files.
    """

    units: tuple[Unit, ...] = ()
    builds: tuple[ImageBuild, ...] = ()
    accesses: tuple[Access, ...] = ()
    files: tuple[TextFile, ...] = ()
    policies: tuple[PolicyChange, ...] = ()
    neighbours: Neighbours = Neighbours()
    notes: tuple[str, ...] = ()

    def files_of_subjects(self) -> dict[str, str]:
        """Subject id -> the file it stands in."""
        return {
            **{unit.id: unit.source.where for unit in self.units},
            **{build.id: build.source.where for build in self.builds},
            **{access.id: access.source.where for access in self.accesses},
            **{file.id: file.source.where for file in self.files},
            **{policy.id: policy.source.where for policy in self.policies},
        }
