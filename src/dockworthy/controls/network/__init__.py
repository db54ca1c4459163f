"""Controls on networks."""
