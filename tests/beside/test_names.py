"""Where cassettes lie, whatever tests are called and wherever their markers stand."""

import pytest

IDS = {
    "300 characters": "x" * 300,
    "200 letters of two bytes": "é" * 200,
    "80 letters of four bytes": "🦜" * 80,
    "slashes": "a/b/c",
    "the folder above": "../../up",
    "dots": "..",
    "a newline": "new\nline",
    "a tab": "to\tthe tab",
    "a device": "con",
    "a dot at the end": "end.",
    "a space at the end": "end ",
    "nothing": "",
    "a home": "~",
    "a backslash": "back\\slash",
    "quotes": "'\"",
}

EACH = """
@pytest.mark.cassette
@pytest.mark.parametrize("city", {ids!r})
def test_each(city, brazil):
    assert ask(city or "nothing") == "Brazil"
"""


@pytest.fixture(params=["escaped", "as they are"])
def suite(request: pytest.FixtureRequest, beside) -> pytest.Pytester:
    suite = beside()
    if request.param == "as they are":
        file = suite.path / "pyproject.toml"
        option = "\ndisable_test_id_escaping_and_forfeit_all_rights_to_community_support = true\n"
        file.write_text(file.read_text("utf-8") + option, "utf-8")
    return suite


def test_every_id_has_a_file_that_is_found_again(suite: pytest.Pytester, ask, told, files):
    suite.makepyfile(test_geo=ask + EACH.format(ids=list(IDS.values())))

    told(suite.runpytest("--cassettes=record"), f"{len(IDS)} recorded", passed=len(IDS))

    assert len(files()) == len(IDS)
    for name in files():
        folder, _, own = name.rpartition("/")
        assert folder == "test_geo"
        assert len(own.encode()) <= 255
        assert own.isprintable()
    told(suite.runpytest(), f"{len(IDS)} played", passed=len(IDS))


def test_long_ids_that_differ_at_their_ends_have_files_of_their_own(suite: pytest.Pytester, ask, told, files):
    suite.makepyfile(test_geo=ask + EACH.format(ids=["x" * 300 + end for end in ("a", "b")]))

    told(suite.runpytest("--cassettes=record"), "2 recorded", passed=2)

    assert len(files()) == 2
    told(suite.runpytest(), "2 played", passed=2)


def test_the_file_of_a_long_id_is_no_orphan_and_is_named_in_a_miss(beside, ask, told, files):
    suite = beside()
    suite.makepyfile(test_geo=ask + EACH.format(ids=["x" * 300]))
    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    (name,) = files()
    suite.makepyfile(test_geo=ask + EACH.format(ids=["x" * 300]).replace("city or", "city and"))

    result = suite.runpytest()

    told(result, "1 refused", failed=1)
    assert f"(cassettes/{name})" in result.stdout.str()


def test_functions_classes_and_modules_may_have_names_in_any_script(beside, ask, told, files):
    suite = beside()
    suite.makepyfile(
        test_länder=ask
        + """
@pytest.mark.cassette
def test_größe_der_hauptstadt(brazil):
    assert ask() == "Brazil"


@pytest.mark.cassette
class TestStädte:
    def test_首都(self, brazil):
        assert ask() == "Brazil"
"""
    )

    told(suite.runpytest("--cassettes=record"), "2 recorded", passed=2)

    assert set(files()) == {"test_länder/test_größe_der_hauptstadt.yaml", "test_länder/TestStädte.test_首都.yaml"}
    told(suite.runpytest(), "2 played", passed=2)


@pytest.mark.parametrize("mode", ["record", "rerecord"])
@pytest.mark.parametrize("ids", [["a/b", "a-b"], ["a:b", "a|b"]], ids=["one forbidden", "both forbidden"])
def test_tests_whose_names_become_one_file_are_refused_by_their_names(beside, ask, told, files, mode, ids):
    suite = beside()
    suite.makepyfile(test_geo=ask + EACH.format(ids=ids))

    result = suite.runpytest(f"--cassettes={mode}")

    told(result, errors=2)
    for id, other in (ids, ids[::-1]):
        assert (
            f"SettingInvalid: test_geo.py::test_each[{id}] and test_geo.py::test_each[{other}] " in result.stdout.str()
        )
    assert files() == {}


@pytest.mark.parametrize(
    "tests",
    [
        "\npytestmark = pytest.mark.cassette\n\n\ndef test_geo(brazil): ask()\n",
        "\npytestmark = [pytest.mark.cassette]\n\n\nclass TestGeo:\n    def test_geo(self, brazil): ask()\n",
        "\n@pytest.mark.cassette\nclass TestGeo:\n    def test_geo(self, brazil): ask()\n",
        "\nclass TestGeo:\n    pytestmark = pytest.mark.cassette\n\n    def test_geo(self, brazil): ask()\n",
        "\n@pytest.mark.cassette\nclass Base:\n    def test_geo(self, brazil): ask()\n\n\nclass TestGeo(Base): pass\n",
        (
            "\n@pytest.mark.parametrize('city', [pytest.param('Rio', marks=pytest.mark.cassette)])\n"
            "def test_geo(city, brazil): ask(city)\n"
        ),
        (
            "\n@pytest.mark.parametrize('city', [pytest.param('Rio', marks=pytest.mark.cassette(ignore=['input']))])\n"
            "@pytest.mark.cassette(name='geo')\n"
            "def test_geo(city, brazil): ask(city)\n"
        ),
        "\n@pytest.mark.usefixtures('cassette')\nclass TestGeo:\n    def test_geo(self, brazil): ask()\n",
    ],
    ids=[
        "the module",
        "the module, in a list",
        "a class",
        "a class, by pytestmark",
        "a class that is inherited from",
        "a parameter",
        "a parameter and its function",
        "usefixtures",
    ],
)
def test_the_marker_may_stand_on(beside, ask, told, files, tests):
    suite = beside()
    suite.makepyfile(test_geo=ask + tests)

    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    assert len(files()) == 1
    told(suite.runpytest(), "1 played", passed=1)


def test_a_marker_that_a_conftest_adds_counts(beside, ask, told):
    suite = beside()
    suite.makeconftest(
        """
import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.cassette)


@pytest.fixture
def brazil(fake_openai):
    fake_openai.say("Brazil")
"""
    )
    suite.makepyfile(test_geo=ask + "\ndef test_geo(brazil): ask()\n")

    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=1)
    told(suite.runpytest(), "1 played", passed=1)


def test_parameters_that_are_not_marked_have_no_cassette(beside, ask, told, files):
    suite = beside()
    suite.makepyfile(
        test_geo=ask
        + """
@pytest.mark.parametrize("city", ["Lima", pytest.param("Rio", marks=pytest.mark.cassette)])
def test_geo(city, brazil):
    assert ask(city) == "Brazil"
"""
    )

    told(suite.runpytest("--cassettes=record"), "1 recorded", passed=2)
    assert list(files()) == ["test_geo/test_geo[Rio].yaml"]
    told(suite.runpytest(), "1 played", passed=2)
