"""The settings, from environment variables. The project has no database: Twilio keeps the devices."""

import os
from urllib.parse import urlsplit

PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000")
"""Where Twilio reaches this project."""

SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-development")
DEBUG = False
ALLOWED_HOSTS = [urlsplit(PUBLIC_URL).hostname]
ROOT_URLCONF = "news.urls"
WSGI_APPLICATION = "news.wsgi.application"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
TIME_ZONE = "UTC"

TWILIO_ACCOUNT_SID = os.environ.get("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKEN = os.environ.get("TWILIO_AUTH_TOKEN")
NOTIFY_SERVICE_SID = os.environ.get("NOTIFY_SERVICE_SID")
