"""Several processes that serve one port, with a state that they share: ``serve --workers``."""
