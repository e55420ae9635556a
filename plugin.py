"""Loads the plugin from a checkout: ``python -m pytest -p plugin``."""

pytest_plugins = ["fakemodel.plugin"]
