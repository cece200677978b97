"""The certificate authority of this machine, the server certificates it signs, and the CA bundles for clients.

``startup/`` is copied into the authority's folder and runs in other Python processes; it imports nothing from this
package.
"""
