"""What Compose makes anew by hand joins the edge by itself: a small program on the host, put there with the edge."""

from .placing import Follower, Placed
from .standing import FollowerStanding, follower_standing

__all__ = ["Follower", "FollowerStanding", "Placed", "follower_standing"]
