"""The HTTP server: its event loop, connections, TLS, the forward proxy, and the Flask app for everything but the API.

Here bytes become calls and answers become bytes. What a call does is decided in ``engine``.
"""
