"""What the emulator costs, next to what else one would use: run it with ``python -m benchmarks``."""
