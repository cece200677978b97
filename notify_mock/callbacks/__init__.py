"""Sends delivery callbacks (webhooks): checks where they may go, and makes each request.

These are the only requests that the emulator makes by itself.
"""
