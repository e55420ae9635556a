"""Cassettes: what the real API said on the day of recording, matched strictly and played back offline."""
