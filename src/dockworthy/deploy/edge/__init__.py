"""The edge: one HAProxy for all projects of a host, which needs no command during a deploy."""
