"""Transcripts: streams, answers and turns as text that people read and review, a line an event.

What follows from the lines above is not said again: each event is told by what is otherwise about it than was to be
expected there. So two values that say anything else have different texts, and a text is short.
"""
