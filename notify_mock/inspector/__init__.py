"""The inspector: the page under ``/_mock/`` that shows a running emulator in a browser.

Its templates and static files are package data. Everything that the page shows comes from the control API.
"""
