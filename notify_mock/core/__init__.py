"""The emulator without I/O: ``Engine.handle(call) -> Answer``.

The pipeline of one request, the route table, the verbs, the state that they act on, and what can be done to it.
"""
