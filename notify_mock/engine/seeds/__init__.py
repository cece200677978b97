"""What seed data holds besides records: accounts, SIDs, the clock, failures of providers, and fault rules."""
