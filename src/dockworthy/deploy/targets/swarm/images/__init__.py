"""Images on the nodes of a swarm: who has which, and how it gets to those that have not."""
