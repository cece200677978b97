"""The HTTP API."""

from django.urls import path

from news import views

urlpatterns = [
    path("devices/<device>", views.register_device),
    path("articles", views.publish_article),
    path("twilio/deliveries", views.delivery_callback, name="deliveries"),
]
