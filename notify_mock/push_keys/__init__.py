"""Certificates and private keys of push credentials: read PEM, check a pair as APNs does, generate test pairs."""
