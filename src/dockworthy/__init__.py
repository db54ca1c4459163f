"""Should we run Docker in production, here? A verdict from evidence, and the means to make it yes."""

__version__ = "0.1.0"
