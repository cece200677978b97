"""Delivery callbacks on their way out: the only requests that the emulator makes itself."""
