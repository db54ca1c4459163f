"""HAProxy's configuration from the routes of all projects of a host. Pure."""
