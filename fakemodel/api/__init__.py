"""FakeOpenAI: the API's wire and its state rules, in process or on loopback."""
