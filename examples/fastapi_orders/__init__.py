"""The push service of a shop: it tells customers how their orders are doing, through Twilio Notify."""

from fastapi_orders.app import app

__all__ = ["app"]
