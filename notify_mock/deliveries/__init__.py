"""What happens to a notification: channels (APNs, FCM, GCM, SMS), payloads, provider outcomes, inbox and outbox."""
