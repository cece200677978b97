"""``python -m notify_mock`` is ``notify-mock``."""

from notify_mock.cli import main

main()
