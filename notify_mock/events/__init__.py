"""What happens in an emulator, as events for whoever watches it: the hub, and the server-sent events made of it.

Nothing here exists before the first client asks for events. How the bytes reach a client is decided in ``server``.
"""
