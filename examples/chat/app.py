"""The HTTP API: register and delete devices, send messages, receive delivery callbacks from Twilio."""

from __future__ import annotations

import json

from flask import Flask, abort, jsonify, request
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from chat.push import Push


def create_app(client: Client, service_sid: str, auth_token: str, public_url: str) -> Flask:
    """Create the app for one Notify service. ``public_url`` is the URL at which Twilio reaches the app."""
    app = Flask("chat")
    callback_url = f"{public_url}/deliveries"
    push = Push(client, service_sid, callback_url)
    validator = RequestValidator(auth_token)

    @app.post("/devices")
    def register_device():
        device = request.get_json()
        try:
            sid = push.register_device(
                device["user"], device["platform"], device["token"], device["id"], device.get("rooms", [])
            )
        except TwilioRestException as error:
            return jsonify(error=error.msg), 502
        return jsonify(sid=sid), 201

    @app.delete("/devices/<sid>")
    def delete_device(sid):
        push.delete_device(sid)
        return "", 204

    @app.post("/messages")
    def send_message():
        message = request.get_json()
        if "room" in message:
            sid = push.send_to_room(message["room"], message["from"], message["text"])
        else:
            sid = push.send_to_user(message["to"], message["from"], message["text"])
        return jsonify(notification=sid), 202

    @app.post("/deliveries")
    def delivery_callback():
        signature = request.headers.get("X-Twilio-Signature", "")
        if not validator.validate(callback_url, request.form, signature):
            abort(403)
        push.delete_unregistered_devices(json.loads(state) for state in request.form.getlist("DeliveryState"))
        return "", 204

    return app
