"""``digest eval explain``: how well papers are read, for any model the lab may choose."""
