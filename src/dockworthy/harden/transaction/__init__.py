"""A stage that is done on the host as a whole, and taken back there by itself unless somebody confirms it.

Everything of it lies on the host before anything changes, so that a lost connection, a killed program or a power
failure leaves what the next run understands.
"""

from .states import HardenStage, LetGo, StageFolder, accept, begin, confirm, revoke, stage_files, state_of, take_back

__all__ = [
    "HardenStage",
    "LetGo",
    "StageFolder",
    "accept",
    "begin",
    "confirm",
    "revoke",
    "stage_files",
    "state_of",
    "take_back",
]
