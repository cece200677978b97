"""Cassettes: recorded exchanges, how they are read and written, and how a call finds its recorded answer."""
