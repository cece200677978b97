"""Delivery callbacks (webhooks) on their way out: where they may go, and how each request is made.

These are the only requests that the emulator makes by itself.
"""
