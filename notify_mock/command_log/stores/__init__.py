"""The stores of the log: in memory, in a file of SQLite, shared through Valkey or Redis."""
