"""What is asserted by the machine's own modules is told as in a test."""

import pytest

pytest.register_assert_rewrite("tests.api.state.asking")
