"""Accounts and API keys: which account an Authorization header belongs to, and why a caller is not authenticated."""
