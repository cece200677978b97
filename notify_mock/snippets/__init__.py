"""Code that makes a call of the journal again: curl, Python, Node, a pytest test, a VCR entry.

One language is one file. The texts never contain a secret: ``stand_ins`` says what takes its place.
"""
