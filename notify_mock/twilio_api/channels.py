"""Delivery channels, and the call names of deliveries and callbacks in fault rules and in the journal."""

CHANNELS = ("apn", "fcm", "gcm", "sms")
"""Channels whose deliveries are rendered. Each has the name of its binding type."""

DISCONTINUED = ("facebook-messenger", "alexa")
"""Binding types whose channels Twilio has discontinued; deliveries to them fail."""

DELIVERY_NAMES = tuple(f"delivery.{channel}" for channel in CHANNELS)
"""Call names of deliveries in fault rules."""

DELIVERY_PARAMETERS = ("BindingType", "Address", "Identity", "NotificationSid", "ServiceSid")
"""What a fault rule can match of a delivery, under the names of Twilio's parameters."""

CALLBACK_NAME = "callback.post"
"""Call name of a delivery callback attempt in the journal."""

CALLBACK_PARAMETERS = (
    *("NotificationSid", "AccountSid", "ServiceSid", "Count", "SequenceId", "IsFinal", "DeliveryState"),
)
"""The parameters of a delivery callback, in the order in which they are sent."""
