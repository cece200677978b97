"""What happens in an emulator, as events: the hub, the server-sent events made of it, and a client that follows them.

Nothing here exists before the first client asks for events. How the bytes reach a client is decided in ``server``.
"""
