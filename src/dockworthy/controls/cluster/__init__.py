"""Controls on the swarm."""
