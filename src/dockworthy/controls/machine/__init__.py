"""Controls on what only the whole machine shows: host, engine and workloads together."""
