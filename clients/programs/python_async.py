"""Push credentials with twilio-python's async client: create, page through, update, delete."""

import asyncio

from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client


async def main() -> None:
    async with AsyncTwilioHttpClient() as http_client:
        credentials = Client(http_client=http_client).notify.v1.credentials

        made = [
            await credentials.create_async(type="fcm", secret="server-key", friendly_name=name)
            for name in ("first", "second", "third")
        ]
        print(f"created {len(made)}")

        sids = [one.sid for one in made]
        stream = await credentials.stream_async(page_size=1)
        print(f"paged {','.join([one.friendly_name async for one in stream if one.sid in sids])}")

        second = credentials(sids[1])
        print(f"fetched {(await second.fetch_async()).friendly_name}")
        print(f"updated {(await second.update_async(friendly_name='renamed')).friendly_name}")
        for sid in sids:
            await credentials(sid).delete_async()
        print("deleted")

        try:
            await second.fetch_async()
        except TwilioRestException as error:
            print(f"missing {error.status} {error.code}")
        try:
            await credentials.create_async(type="fcm", secret="server-key", friendly_name="busy")
        except TwilioRestException as error:
            print(f"busy {error.status} {error.code}")


asyncio.run(main())
