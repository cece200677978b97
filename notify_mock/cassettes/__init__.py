"""Recorded exchanges on disk: reading and writing VCR, HAR and WireMock files.

One format is one file. What is done with the exchanges is in ``redaction``, ``replay`` and ``recording``.
"""
