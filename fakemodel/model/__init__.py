"""FakeModel: a scripted model at the boundary of the Agents SDK's `Model`."""
