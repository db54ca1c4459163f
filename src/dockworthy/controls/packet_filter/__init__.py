"""What a packet meets on its way through the host's rules, read as a kernel reads them; several controls ask it."""
