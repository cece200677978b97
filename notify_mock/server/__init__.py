"""The HTTP server: connections, request bodies, TLS, the forward proxy, and the Flask app in front of the core."""
