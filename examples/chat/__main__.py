"""Run the chat app on port 8080. Its settings are environment variables; the SDK reads TWILIO_ACCOUNT_SID itself."""

from __future__ import annotations

import os

from twilio.rest import Client

from chat import create_app

app = create_app(Client(), os.environ["NOTIFY_SERVICE_SID"], os.environ["TWILIO_AUTH_TOKEN"], os.environ["PUBLIC_URL"])
app.run(host="0.0.0.0", port=8080)
