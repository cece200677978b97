"""Recorded HTTP exchanges: file formats (VCR, HAR, WireMock), matching, playback, redaction and leak checks."""
