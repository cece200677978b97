"""The emulator without I/O: ``Engine.handle(call) -> Answer``.

The pipeline of one request, the route table, the verbs, the state that they act on, and how it is seeded, reset and read.
No Flask, no socket, no sleeping.
"""
