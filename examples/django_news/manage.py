#!/usr/bin/env python
"""Django's command line: ``python manage.py runserver``, ``python manage.py test``."""

import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "news.settings")

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
