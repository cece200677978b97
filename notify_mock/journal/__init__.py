"""Which requests arrived and what was answered: exchanges, the criteria to find them, and assertions on clients."""
