"""The backend of a chat app: it registers devices and sends push notifications through Twilio Notify."""

from chat.app import create_app

__all__ = ["create_app"]
