"""Who makes the containers: one interface, one implementation a file."""
