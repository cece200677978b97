"""The actions of the control API, by subject. Each takes the ``Control`` and returns status and JSON."""
