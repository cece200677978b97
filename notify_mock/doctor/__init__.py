"""Diagnoses of credentials, in files or stored: what they are, whether Twilio accepts them, whether a push with them
fails, and how to mend that. What is predicted is what the emulator does: the rules are in `resources` and `deliveries`.
Nothing here keeps state, writes or sends.
"""
