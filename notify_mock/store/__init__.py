"""Stored records: indexed collections, selections by condition, and the accounts that own the records."""
