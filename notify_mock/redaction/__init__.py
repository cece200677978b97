"""Secrets in recorded exchanges: pseudonyms for them and their key, and the checks for secrets that are left."""
