"""The control API under ``/_mock``: its actions, access checks, JSON and OpenAPI document."""
