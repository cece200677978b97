"""What happens to a notification: channels (APNs, FCM, GCM, SMS), payloads, provider outcomes, inbox and outbox.

A new channel is one file. Nothing here sends a request.
"""
