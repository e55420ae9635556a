"""Cassettes as scripts: what was recorded becomes the Python of a FakeOpenAI or a FakeModel that says the same."""
