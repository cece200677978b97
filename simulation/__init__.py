"""Servers that share one state, simulated: store, network and clock do what a seed says, one step at a time."""
