"""State that lasts: the log of everything that changed an emulator, its stores, and snapshots as plain data.

An emulator is deterministic: the same commands at the same times give the same state. So the log is the state.
"""
