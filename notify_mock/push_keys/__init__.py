"""Certificates and private keys of push credentials: reading PEM, checking a pair as APNs does, making test pairs."""
