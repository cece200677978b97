"""Deliveries of notifications: channels (APNs, FCM, GCM, SMS), payloads, provider outcomes, inbox and outbox."""
