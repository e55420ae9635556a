"""What all tests share: the corpus of real traffic, and pytest inside pytest with the plugin loaded."""

from pathlib import Path

# openai and vcr: imported before pytest runs inside pytest, which forgets what was first imported there.
import openai  # noqa: F401
import pytest
import vcr  # noqa: F401

pytest_plugins = ["pytester"]

SHARED = Path(__file__).parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real recorded traffic, which is no part of the project."""
    folder = SHARED / "corpus"
    if not folder.is_dir():
        pytest.skip("the corpus of real traffic does not lie beside the checkout")
    return folder


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """pytest inside pytest: the plugin is loaded, with async tests in auto mode."""
    pytester.makepyprojecttoml(
        """
        [tool.pytest.ini_options]
        asyncio_mode = "auto"
        asyncio_default_fixture_loop_scope = "function"
        addopts = "-p fakemodel.plugin -p no:randomly -p no:cacheprovider"
        """
    )
    return pytester
