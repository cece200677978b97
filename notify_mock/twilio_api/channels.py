"""The channels of deliveries, and what deliveries and callbacks are called in rules and in the journal."""

CHANNELS = ("apn", "fcm", "gcm", "sms")
"""The channels whose deliveries are rendered; they are named as the types of bindings are."""

DISCONTINUED = ("facebook-messenger", "alexa")
"""Types of bindings whose channels are no more; deliveries to them fail."""

DELIVERY_NAMES = tuple(f"delivery.{channel}" for channel in CHANNELS)
"""What fault rules call a delivery."""

CALLBACK_NAME = "callback.post"
"""What the journal calls an attempt at a delivery callback."""
