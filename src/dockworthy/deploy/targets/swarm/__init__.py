"""Several hosts: services of a swarm, shipped by its manager's API."""
