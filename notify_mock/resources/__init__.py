"""The resources of the API, one file each: parameters, validation, JSON, limits and filters as data.

A new parameter or resource is added here. The verbs that act on them are in ``engine``.
"""

from notify_mock.resources.binding import BINDING
from notify_mock.resources.credential import CREDENTIAL
from notify_mock.resources.notification import NOTIFICATION
from notify_mock.resources.service import SERVICE

RESOURCES = (CREDENTIAL, SERVICE, BINDING, NOTIFICATION)
"""All resources, each after its parent."""

__all__ = ["BINDING", "CREDENTIAL", "NOTIFICATION", "RESOURCES", "SERVICE"]
