"""Facts of Twilio's API: error responses, products and hosts, headers, parameters, paging, signatures, error codes.

Plain data and functions about what is on the wire, and about what may be shown of it. Nothing here keeps state.
"""
