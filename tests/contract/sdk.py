"""What the Agents SDK's own adapters fail of the contract, by its version."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = tuple(map(int, version("openai-agents").split(".")[:2]))
except PackageNotFoundError:
    VERSION = (0, 0)

TELLS_FAILURES = VERSION >= (0, 24)
"""Whether a failed answer is raised: 0.20 gives an empty one in its place, asked plainly."""
