"""The follower: a small program on the host, which lets containers that Compose re-creates join the edge again."""

from .placing import Follower, FollowerPlaced, FollowerStanding, follower_standing

__all__ = ["Follower", "FollowerPlaced", "FollowerStanding", "follower_standing"]
