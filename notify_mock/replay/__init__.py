"""Recorded exchanges played again: matching a call with an entry, and how far a cassette has been played."""
