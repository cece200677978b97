"""The backend of a chat app: it registers devices and tells people of new messages, through Twilio Notify."""

from chat.app import create_app

__all__ = ["create_app"]
