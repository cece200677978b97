"""Small tools that know nothing of Twilio: user errors, files, addresses, the clock, ids, interruptible waits.

A module belongs here if another project could use it unchanged.
"""
