"""Redirects clients to the emulator without changes to their code.

Patches for libraries in this process, in-process transports for the Twilio SDK, environment variables for other
processes.
"""
