"""Secrets in recorded exchanges: pseudonyms and their key, replacing, and checks for what is left.

Nothing is written to a cassette without passing through here. Secrets in logs are masked by ``twilio_api.masking``.
"""
