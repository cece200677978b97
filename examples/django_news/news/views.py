"""Register devices, publish articles, and receive delivery callbacks from Twilio."""

from __future__ import annotations

import json
import logging
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.rest.notify.v1.service import ServiceContext

logger = logging.getLogger(__name__)


@cache
def _client() -> Client:
    return Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN)


def _notify() -> ServiceContext:
    return _client().notify.v1.services(settings.NOTIFY_SERVICE_SID)


def _callback_url() -> str:
    """The URL that Twilio calls and signs. It is not that of a request, whose host is the caller's or a proxy's."""
    return settings.PUBLIC_URL + reverse("deliveries")


@require_http_methods(["PUT"])
def register_device(request: HttpRequest, device: str) -> HttpResponse:
    """Subscribe a device to the sections that it names. Registering again replaces them."""
    wish = json.loads(request.body)
    try:
        binding = _notify().bindings.create(
            identity=wish["reader"],
            binding_type=wish["platform"],
            address=wish["token"],
            endpoint=device,
            tag=[f"section-{section}" for section in wish["sections"]],
        )
    except TwilioRestException as error:
        logger.error("device %s is not registered: %s", device, error.msg)
        return JsonResponse({"error": error.msg}, status=502)
    return JsonResponse({"binding": binding.sid})


@require_POST
def publish_article(request: HttpRequest) -> HttpResponse:
    """Send a push to everybody who subscribed to the article's section. It is worth nothing after an hour."""
    article = json.loads(request.body)
    try:
        notification = _notify().notifications.create(
            tag=[f"section-{article['section']}"],
            title="Breaking news",
            body=article["headline"],
            data={"article": article["id"]},
            ttl=60 * 60,
            delivery_callback_url=_callback_url(),
        )
    except TwilioRestException as error:
        logger.error("article %s is not announced: %s", article["id"], error.msg)
        return JsonResponse({"error": error.msg}, status=503 if error.status in (429, 503) else 502)
    return JsonResponse({"notification": notification.sid}, status=202)


@require_POST
def delivery_callback(request: HttpRequest) -> HttpResponse:
    """Log the deliveries that failed."""
    signature = request.headers.get("X-Twilio-Signature", "")
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    if not validator.validate(_callback_url(), request.POST, signature):
        return HttpResponseForbidden()
    for state in map(json.loads, request.POST.getlist("DeliveryState")):
        if state["status"] == "FAILED":
            logger.warning("no push for %s: %s", state["identity"], state["error_code"])
    return HttpResponse(status=204)
