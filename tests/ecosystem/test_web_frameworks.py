"""Views that call Twilio, called by the test clients of web frameworks."""

from __future__ import annotations

from collections.abc import Callable

import pytest


def test_a_view_of_django(project: pytest.Pytester, check: Callable[..., object]) -> None:
    project.makepyfile(
        """
        import django
        import pytest
        from application import welcome
        from django.conf import settings
        from django.http import HttpResponse
        from django.test import AsyncClient, Client
        from django.urls import path

        def view(request):
            welcome(request.POST["service"], request.POST["user"])
            return HttpResponse()

        urlpatterns = [path("welcome", view)]
        settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["*"])
        django.setup()

        @pytest.mark.parametrize("user", ["alice", "alicia"])
        def test_welcome(notify_mock, service_sid, user):
            assert Client().post("/welcome", {"service": service_sid, "user": "alice"}).status_code == 200
            notify_mock.deliveries.expect(identity=user, body="Welcome", count=1)

        @pytest.mark.anyio
        async def test_welcome_by_the_asynchronous_client(notify_mock, service_sid):
            answer = await AsyncClient().post("/welcome", {"service": service_sid, "user": "alice"})
            assert answer.status_code == 200
            notify_mock.deliveries.expect(identity="alice", count=1)
        """
    )
    check("-k", "not trio", passed=2)


def test_an_asynchronous_view_of_fastapi(project: pytest.Pytester, check: Callable[..., object]) -> None:
    project.makepyfile(
        """
        import httpx
        import pytest
        from fastapi import FastAPI
        from fastapi.testclient import TestClient
        from twilio.http.async_http_client import AsyncTwilioHttpClient
        from twilio.rest import Client

        app = FastAPI()

        @app.post("/welcome")
        async def view(service: str, user: str):
            async with AsyncTwilioHttpClient() as http:
                notify = Client(http_client=http).notify.v1.services(service)
                await notify.bindings.create_async(user, "fcm", "phone")
                await notify.notifications.create_async(identity=[user], body="Welcome")

        @pytest.mark.parametrize("user", ["alice", "alicia"])
        def test_welcome(notify_mock, service_sid, user):
            params = {"service": service_sid, "user": "alice"}
            assert TestClient(app).post("/welcome", params=params).status_code == 200
            notify_mock.deliveries.expect(identity=user, body="Welcome", count=1)

        @pytest.mark.anyio
        async def test_welcome_by_httpx(notify_mock, service_sid):
            params = {"service": service_sid, "user": "alice"}
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
                assert (await client.post("/welcome", params=params)).status_code == 200
            async with httpx.AsyncClient() as client:
                url = f"https://notify.twilio.com/v1/Services/{service_sid}/Bindings"
                (binding,) = (await client.get(url, auth=notify_mock.auth)).json()["bindings"]
            assert binding["identity"] == "alice"
            notify_mock.deliveries.expect(identity="alice", count=1)
        """
    )
    check("-k", "not trio", passed=2)
