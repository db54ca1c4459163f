"""What is true on a host and its engine: reads, changes nothing, never judges."""
