"""Diagnoses of credentials, in files or stored: whether Twilio accepts them, whether a push fails, how to mend that.
What is predicted is what the emulator does: the rules are in `resources`, `deliveries` and `push_keys`. Nothing here
keeps state, writes or sends.
"""
