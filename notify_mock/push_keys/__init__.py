"""Certificates and private keys of push credentials: read files, check a pair as APNs does, generate test pairs."""
