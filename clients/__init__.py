"""Real clients, unmodified, sent to the emulator: the proof behind ``docs/clients.md``."""
