"""The control API under ``/_mock``: its actions, who may use it, its JSON, and its OpenAPI document."""
