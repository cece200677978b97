"""The resources of the API, one module each."""

from notify_mock.resources.binding import BINDING
from notify_mock.resources.credential import CREDENTIAL
from notify_mock.resources.notification import NOTIFICATION
from notify_mock.resources.service import SERVICE

RESOURCES = (CREDENTIAL, SERVICE, BINDING, NOTIFICATION)
"""All resources, each after its parent."""

__all__ = ["BINDING", "CREDENTIAL", "NOTIFICATION", "RESOURCES", "SERVICE"]
