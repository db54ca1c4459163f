"""From a swarm's services back to Compose's own containers, new beside old."""
