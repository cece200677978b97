"""Runs ``notify-mock`` for ``python -m notify_mock``."""

from notify_mock.cli import main

main()
