"""Runs unmodified clients against the emulator, for the table in ``docs/clients.md``."""
