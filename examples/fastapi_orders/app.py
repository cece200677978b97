"""The HTTP API: register phones, report the status of an order, receive delivery callbacks from Twilio.

Its settings are environment variables; the SDK reads TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN itself.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from fastapi_orders.notify import Notify


class Phone(BaseModel):
    """A phone with the shop's app."""

    token: str


class Update(BaseModel):
    """What is new about an order."""

    customer: str
    status: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open one connection pool for all requests, in the event loop that serves them."""
    async with AsyncTwilioHttpClient() as http:
        app.state.callback_url = os.environ["PUBLIC_URL"] + "/twilio/deliveries"
        app.state.notify = Notify(Client(http_client=http), os.environ["NOTIFY_SERVICE_SID"], app.state.callback_url)
        app.state.validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
        app.state.pushes = {}
        yield


app = FastAPI(lifespan=lifespan)


@app.exception_handler(TwilioRestException)
async def twilio_failed(_: Request, error: TwilioRestException) -> JSONResponse:
    if error.status == 429:
        return JSONResponse({"detail": "busy, try again later"}, 503, {"Retry-After": "10"})
    return JSONResponse({"detail": error.msg}, 502)


@app.put("/customers/{customer}/phones/{phone}")
async def register_phone(customer: str, phone: str, body: Phone, request: Request) -> dict[str, str]:
    return {"sid": await request.app.state.notify.register(customer, phone, body.token)}


@app.post("/orders/{order}/status", status_code=202)
async def update_order(order: str, update: Update, request: Request) -> dict[str, str]:
    push = await request.app.state.notify.send(update.customer, f"Order {order}", update.status, order)
    request.app.state.pushes.setdefault(push, {})  # the callback may have been faster
    return {"push": push}


@app.get("/pushes/{push}")
async def push_states(push: str, request: Request) -> dict[str, str]:
    """The states that Twilio has reported: one for the token of each phone."""
    if push not in request.app.state.pushes:
        raise HTTPException(404)
    return request.app.state.pushes[push]


@app.post("/twilio/deliveries", status_code=204)
async def delivery_callback(request: Request) -> None:
    form = await request.form()
    signature = request.headers.get("X-Twilio-Signature", "")
    # Twilio signs its own URL, which a proxy in front of the app replaces.
    if not request.app.state.validator.validate(request.app.state.callback_url, form, signature):
        raise HTTPException(403)
    states = request.app.state.pushes.setdefault(form["NotificationSid"], {})
    for state in map(json.loads, form.getlist("DeliveryState")):
        states[state["address"]] = state["status"]
