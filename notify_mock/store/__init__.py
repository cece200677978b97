"""Stored records: collections with an index, selections by condition, and the accounts that own the records."""
