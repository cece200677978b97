"""The HTTP server: connections, request bodies, TLS, the forward proxy, and the Flask app in front of the engine.

Here bytes become calls and answers become bytes. What a call does is decided in ``engine``.
"""
