"""The emulator without I/O: ``Engine.handle(call) -> Answer``.

The pipeline of one request, the route table, the verbs, and the state that they act on: seeded, read and reset.
No Flask, no socket, no sleeping.
"""
