"""Twilio's API as it looks on the wire: error responses, products and hosts, headers, parameters, signatures.

Also what may be shown of a request. Facts and plain data only: nothing here keeps state.
"""
