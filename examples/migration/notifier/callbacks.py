"""The route for Twilio's delivery callbacks. It goes together with Notify: FCM and APNs answer in the response."""

from __future__ import annotations

import json

from flask import Flask, abort, request
from twilio.request_validator import RequestValidator

from notifier.twilio_notify import TwilioNotifyGateway


def create_app(gateway: TwilioNotifyGateway, auth_token: str) -> Flask:
    """Return a Flask app that hands the states of deliveries to the gateway."""
    app = Flask(__name__)
    validator = RequestValidator(auth_token)

    @app.post("/deliveries")
    def deliveries() -> tuple[str, int]:
        if not validator.validate(gateway.callback_url, request.form, request.headers.get("X-Twilio-Signature", "")):
            abort(403)
        gateway.handle_states(json.loads(state) for state in request.form.getlist("DeliveryState"))
        return "", 204

    return app
