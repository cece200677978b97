"""Twilio's API on the wire: error responses, products and hosts, headers, parameters and signatures.

Also the masking of secrets in logged requests. Facts and plain data only: no module here keeps state.
"""
