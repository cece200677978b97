"""Facts of Twilio's API: error responses, products and hosts, headers, parameters, paging, signatures, error codes.

Plain data and functions for what is on the wire, and the masking of secrets in it. Nothing here keeps state.
"""
