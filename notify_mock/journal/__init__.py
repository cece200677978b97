"""The journal of requests and responses: exchanges, criteria to find them, and assertions about clients."""
