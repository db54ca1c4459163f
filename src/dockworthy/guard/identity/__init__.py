"""Who asks: a user of this host, a container of its engine, the holder of a certificate."""
