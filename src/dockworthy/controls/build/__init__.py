"""Controls on image builds: what a Dockerfile says."""
