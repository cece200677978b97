"""HTTP/1.1 and TLS as bytes in and bytes out: requests, chunked bodies, heads of responses.

No sockets and no event loop: those are in `server`.
"""
