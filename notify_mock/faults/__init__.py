"""Fault injection: a rule is a match, a schedule, an effect and a phase."""
