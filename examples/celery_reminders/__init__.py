"""The worker of a calendar: it sends reminders and advertisements as push notifications, through Twilio Notify."""

from celery_reminders.tasks import advertise, app, remind

__all__ = ["advertise", "app", "remind"]
