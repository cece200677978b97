"""Small tools that do not depend on Twilio: usage errors, files, addresses, the clock, SIDs and interruptible waits.

A module belongs here if another project could use it unchanged.
"""
