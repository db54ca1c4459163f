"""A project whose host is lost is brought up on another one, from its backup alone."""
