"""The resources of the API, one file each."""

from notify_mock.resources.credential import CREDENTIAL

RESOURCES = (CREDENTIAL,)

__all__ = ["CREDENTIAL", "RESOURCES"]
