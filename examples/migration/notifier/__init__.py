"""A small application that notifies users on their phones, before and after the end of Twilio Notify.

``app`` and ``push`` stay as they are. ``twilio_notify`` and ``callbacks`` go; everything else takes their place.
"""

from notifier.app import Notifier as Notifier
from notifier.push import Device as Device
from notifier.push import Push as Push
from notifier.push import PushGateway as PushGateway
