"""The people's socket on a network address: TLS, with a certificate from everybody who connects."""
