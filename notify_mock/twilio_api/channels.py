"""Delivery channels, and the call names of deliveries and callbacks in fault rules and in the journal."""

CHANNELS = ("apn", "fcm", "gcm", "sms")
"""Channels whose deliveries are rendered. Each has the name of its binding type."""

DISCONTINUED = ("facebook-messenger", "alexa")
"""Binding types whose channels Twilio has discontinued; deliveries to them fail."""

DELIVERY_NAMES = tuple(f"delivery.{channel}" for channel in CHANNELS)
"""Call names of deliveries in fault rules."""

CALLBACK_NAME = "callback.post"
"""Call name of a delivery callback attempt in the journal."""
