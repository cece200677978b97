"""Helpers shared by several test modules. Fixtures are in ``conftest.py``."""
