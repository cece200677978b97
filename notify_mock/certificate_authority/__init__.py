"""The certificate authority of this machine, the server certificates that it signs, and CA bundles for clients.

``startup/`` is copied beside the authority's files and runs in other Python processes; it imports nothing from here.
"""
