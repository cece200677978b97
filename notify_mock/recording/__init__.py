"""Recording an upstream service or the emulator itself, and comparing the emulator with recordings (fidelity)."""
