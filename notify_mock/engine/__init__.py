"""The emulator without I/O: ``Engine.handle(call) -> Answer``.

Contains the pipeline of a request, the route table, the verbs, the state they act on, and what can be done to it.
"""
