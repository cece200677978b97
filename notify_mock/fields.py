"""Reading one parameter: present or not, once, of the right form, or refused."""

from __future__ import annotations

from notify_mock.call import Params
from notify_mock.errors import InvalidParameter


def given(params: Params, name: str, resource: str) -> str | None:
    """The value of ``name``, or None when it wasn't sent. Raises ``InvalidParameter`` if repeated or with a NUL."""
    values = params.all(name)
    if not values:
        return None
    if len(values) > 1:
        raise InvalidParameter(f"{name} was sent {len(values)} times", resource=resource, name=name)
    if "\0" in values[0]:
        raise InvalidParameter(f"{name} has a NUL character", resource=resource, name=name)
    return values[0]


def text(params: Params, name: str, resource: str, *, longest: int) -> str | None:
    """A text of at most ``longest`` characters."""
    value = given(params, name, resource)
    if value is not None and len(value) > longest:
        raise InvalidParameter(
            f"{name} has {len(value)} characters, the limit is {longest}", resource=resource, name=name
        )
    return value


def flag(params: Params, name: str, resource: str) -> bool | None:
    """``true`` or ``false``, in any case: the SDKs send lower case (documented), the rest is inferred."""
    value = given(params, name, resource)
    if value is None:
        return None
    if value.lower() not in ("true", "false"):
        raise InvalidParameter(f"{name} is neither true nor false", resource=resource, name=name)
    return value.lower() == "true"
