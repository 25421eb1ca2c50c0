"""Ours against the peers' ways, on the same papers with the same model (``make peers``)."""
