"""The follower: a small program on the host, which lets containers that Compose re-creates join the edge again."""

from .placing import Follower, FollowerStanding, Placed, follower_standing

__all__ = ["Follower", "FollowerStanding", "Placed", "follower_standing"]
