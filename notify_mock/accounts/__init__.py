"""Accounts and their API keys: who is authenticated, and who is not."""
