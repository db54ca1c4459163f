"""The guard, in front of a real engine and without one."""
