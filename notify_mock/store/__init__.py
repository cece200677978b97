"""Where records are kept: collections with positions and an index, and selections by condition.

Nothing here knows what a record means; that is in ``resources``.
"""
