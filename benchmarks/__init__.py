"""Benchmarks of the emulator against the alternatives: ``python -m benchmarks``."""
