"""Cassettes: what the real API said on the day of recording, matched strictly and played back offline."""

MODES = ("replay", "record", "rerecord")
"""Play what was recorded; record where there is nothing yet, else play; record anew."""

VERBS = {"record": "Record", "rerecord": "Re-record"}
"""How a message asks for a mode."""
