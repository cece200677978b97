"""Servers that share one state, simulated: a store, a network and a clock that do what a seed says, one step at a time."""
