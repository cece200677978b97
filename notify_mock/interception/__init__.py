"""How clients reach the emulator without changes to their code.

Patches for the libraries of this process, in-process transports for the Twilio SDK, environment variables for other
processes. A new client library is one file in ``adapters/``.
"""
