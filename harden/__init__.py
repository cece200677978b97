"""Attacks on a running server, to check what it promises: ``python -m harden``."""
