"""Drills: what is said to hold is tried on a real system, by what would break it."""
