"""The socket for people and programs: each request is understood, judged by its sender's rights, and sent on anew."""
