"""Push credentials with twilio-python, 6 to 9: create, page through, update, delete."""

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

credentials = Client().notify.v1.credentials
names = ["first", "second", "third"]

made = [credentials.create(type="fcm", secret="server-key", friendly_name=name) for name in names]
print("created {}".format(len(made)))

sids = [one.sid for one in made]
paged = [one.friendly_name for one in credentials.stream(page_size=1) if one.sid in sids]
print("paged {}".format(",".join(paged)))

second = credentials(sids[1])
print("fetched {}".format(second.fetch().friendly_name))
print("updated {}".format(second.update(friendly_name="renamed").friendly_name))
for sid in sids:
    credentials(sid).delete()
print("deleted")

try:
    second.fetch()
except TwilioRestException as error:
    print("missing {} {}".format(error.status, error.code))
try:
    credentials.create(type="fcm", secret="server-key", friendly_name="busy")
except TwilioRestException as error:
    print("busy {} {}".format(error.status, error.code))
