"""The settings, from environment variables. The project has no database: Twilio keeps the devices."""

import os

SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-development")
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "news.urls"
WSGI_APPLICATION = "news.wsgi.application"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
TIME_ZONE = "UTC"

TWILIO_ACCOUNT_SID = os.environ.get("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKEN = os.environ.get("TWILIO_AUTH_TOKEN")
NOTIFY_SERVICE_SID = os.environ.get("NOTIFY_SERVICE_SID")
