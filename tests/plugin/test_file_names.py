"""What the file of a test is called: the same each time, on every file system, however the test is called."""

import unicodedata

import pytest

from tests.suites import ASK, BRAZIL

HEAD = ASK + BRAZIL

EACH = """
@pytest.mark.cassette{settings}
@pytest.mark.parametrize("city", range(len({ids!a})), ids={ids!a})
def test_each(city, brazil):
    assert ask({question}) == "Brazil"
"""


def each(*ids: str, settings: str = "", question: str = "") -> str:
    return EACH.format(ids=list(ids), settings=settings, question=question)


@pytest.fixture
def geo(suite: pytest.Pytester):
    def write(tests: str) -> pytest.Pytester:
        suite.makepyfile(test_geo=HEAD + tests)
        return suite

    return write


@pytest.fixture
def unescaped(suite: pytest.Pytester) -> None:
    """Leave ids as they are, as suites in other languages do."""
    file = suite.path / "pyproject.toml"
    option = "\ndisable_test_id_escaping_and_forfeit_all_rights_to_community_support = true\n"
    file.write_text(file.read_text("utf-8") + option, "utf-8")


def names(suite: pytest.Pytester) -> list[str]:
    return sorted(file.name for file in (suite.path / "cassettes" / "test_geo").iterdir())


def recorded(suite: pytest.Pytester, number: int = 1) -> list[str]:
    """The names of the files of so many tests, once they were recorded and played."""
    for mode, told in (("record", "recorded"), ("replay", "played")):
        result = suite.runpytest(f"--cassettes={mode}")
        result.assert_outcomes(passed=number)
        result.stdout.fnmatch_lines([f"cassettes: {number} {told}"])
    return names(suite)


# Long names.


def test_a_long_id_has_a_short_name_that_is_always_the_same(geo):
    (name,) = recorded(geo(each("x" * 300)))

    assert name == "test_each[" + "x" * 110 + "-60c79596961a.yaml"


def test_an_id_that_just_fits_stays_as_it_is(geo):
    fits = "x" * (240 - len("test_each[]"))

    cut, whole = sorted(recorded(geo(each(fits, f"{fits}x")), 2), key=len)

    assert (len(cut), whole) == (len("test_each[.yaml") + 110 + 13, f"test_each[{fits}].yaml")


def test_the_file_of_a_long_id_is_no_orphan_and_is_named_in_a_miss(geo):
    (name,) = recorded(geo(each("x" * 300)))

    result = geo(each("x" * 300, question="'Which?'")).runpytest()

    result.assert_outcomes(failed=1)
    assert f"(cassettes/test_geo/{name})" in result.stdout.str()
    assert "cassettes: 1 refused" in result.outlines


def test_long_ids_that_differ_only_at_their_end_have_two_files(geo):
    first, second = recorded(geo(each("x" * 300 + "a", "x" * 300 + "b")), 2)

    assert first[:121] == second[:121]


@pytest.mark.usefixtures("unescaped")
@pytest.mark.parametrize("letter", ["é", "首", "🦜"])
def test_long_names_are_counted_in_bytes_and_cut_between_letters(geo, letter):
    (name,) = recorded(geo(each(letter * 300)))

    assert set(name.removeprefix("test_each[").partition("-")[0]) == {letter}
    assert 100 < len(name.encode()) < 150


@pytest.mark.usefixtures("unescaped")
@pytest.mark.parametrize("city", ["x" * 300, "x" * 240, "x" * 229, "é" * 114, "🦜" * 57], ids=len)
def test_the_folder_of_payloads_has_room_in_its_name(geo, city):
    suite = geo(each(city, settings="(payloads_over=10)", question="'data:image/png;base64,' + 'QUJD' * 100"))

    cassette, folder = sorted(recorded(suite), key=lambda name: name.endswith(".payloads"))

    assert folder == cassette.removesuffix(".yaml") + ".payloads"
    assert len(folder.encode()) <= 255


# Letters.

STRANGE = {
    "one\ntwo": ("one-ntwo", "one-two"),
    "two\tthree": ("two-tthree", "two-three"),
    "three/four": ("three-four", "three-four"),
    "four:five": ("four-five", "four-five"),
    "five\\six": ("five--six", "five-six"),
    "six'\"seven": ("six--seven", "six--seven"),
    "seven\0eight": ("seven-x00eight", "seven-eight"),
    "../up": ("..-up", "..-up"),
    "..": ("..", ".."),
    "con": ("con", "con"),
    "end.": ("end.", "end."),
    "end ": ("end ", "end "),
    "": ("", ""),
    "~": ("~", "~"),
    "São Paulo": ("S-xe3o Paulo", "São Paulo"),
    "首都": ("-u9996-u90fd", "首都"),
}
"""Ids, and what stands of them in the name: escaped by pytest, and as they are."""


def test_ids_that_pytest_escapes_are_names_of_files(geo):
    found = recorded(geo(each(*STRANGE)), len(STRANGE))

    assert found == sorted(f"test_each[{escaped}].yaml" for escaped, _ in STRANGE.values())


@pytest.mark.usefixtures("unescaped")
def test_ids_that_pytest_leaves_as_they_are_are_names_of_files(geo):
    found = recorded(geo(each(*STRANGE)), len(STRANGE))

    assert found == sorted(f"test_each[{as_is}].yaml" for _, as_is in STRANGE.values())


@pytest.mark.usefixtures("unescaped")
@pytest.mark.parametrize("city", ["São Paulo", "São Paulo" * 40], ids=["short", "long"])
def test_an_id_has_the_same_file_however_its_accents_are_written(geo, city):
    composed, apart = (unicodedata.normalize(form, city) for form in ("NFC", "NFD"))
    assert composed != apart
    found = recorded(geo(each(composed)))

    result = geo(each(apart)).runpytest()

    result.assert_outcomes(passed=1)
    assert names(geo(each(apart))) == found
    assert found == [unicodedata.normalize("NFC", name) for name in found]


def test_a_name_that_is_given_has_the_same_file_however_its_accents_are_written(geo):
    composed, apart = (unicodedata.normalize(form, "São Paulo") for form in ("NFC", "NFD"))
    found = recorded(geo(each("Rio", settings=f"(name={composed!a})")))

    geo(each("Rio", settings=f"(name={apart!a})")).runpytest().assert_outcomes(passed=1)
    assert found == ["São Paulo.yaml"]


def test_a_name_that_is_too_long_is_refused_in_words(geo):
    result = geo(each("Rio", settings=f"(name={'x' * 300!r})")).runpytest("--cassettes=record")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*SettingInvalid: name='{'x' * 300}' is *"])


def test_functions_and_classes_may_be_called_in_any_script(geo):
    suite = geo(
        """
@pytest.mark.cassette
def test_größe_der_hauptstadt(brazil):
    ask()


class TestStädte:
    @pytest.mark.cassette
    def test_首都(self, brazil):
        ask()
"""
    )

    assert recorded(suite, 2) == ["TestStädte.test_首都.yaml", "test_größe_der_hauptstadt.yaml"]


def test_a_module_may_be_called_in_any_script(suite: pytest.Pytester):
    suite.makepyfile(test_länder=HEAD + each("Rio"))

    for mode, told in (("record", "1 recorded"), ("replay", "1 played")):
        assert f"cassettes: {told}" in suite.runpytest(f"--cassettes={mode}").outlines

    assert [file.name for file in (suite.path / "cassettes" / "test_länder").iterdir()] == ["test_each[Rio].yaml"]


# Where the marker stands.


def test_the_marker_may_stand_on_a_function_a_class_and_a_parameter(geo):
    suite = geo(
        """
@pytest.mark.cassette
def test_function(brazil):
    ask()


@pytest.mark.cassette
class TestClass:
    def test_method(self, brazil):
        ask()

    class TestInner:
        def test_method(self, brazil):
            ask()


@pytest.mark.parametrize(
    "city",
    [
        "Lima",
        pytest.param("Rio", marks=pytest.mark.cassette),
        pytest.param("Bahia", marks=pytest.mark.cassette(name="salvador")),
    ],
)
def test_parameter(city, brazil):
    ask(city)
"""
    )

    suite.runpytest("--cassettes=record").assert_outcomes(passed=6)

    assert names(suite) == [
        "TestClass.TestInner.test_method.yaml",
        "TestClass.test_method.yaml",
        "salvador.yaml",
        "test_function.yaml",
        "test_parameter[Rio].yaml",
    ]
    suite.runpytest().stdout.fnmatch_lines(["cassettes: 5 played"])


def test_the_marker_may_stand_on_a_module(geo):
    suite = geo("\npytestmark = [pytest.mark.cassette]\n\n\ndef test_one(brazil): ask()\n\n\ndef test_two(): pass\n")

    assert recorded(suite, 2) == ["test_one.yaml", "test_two.yaml"]


MARKED = {
    "a class, by pytestmark": """
class TestGeo:
    pytestmark = pytest.mark.cassette(name="geo")

    def test_capital(self, brazil):
        ask()
""",
    "a class that is inherited from": """
@pytest.mark.cassette(name="geo")
class Base:
    def test_capital(self, brazil):
        ask()


class TestGeo(Base):
    pass
""",
    "a parameter and its function": """
@pytest.mark.parametrize("city", [pytest.param("Rio", marks=pytest.mark.cassette(ignore=["input"]))])
@pytest.mark.cassette(name="geo")
def test_capital(city, brazil):
    ask(city)
""",
}


@pytest.mark.parametrize("tests", MARKED.values(), ids=MARKED)
def test_the_marker_may_also_stand_on(geo, tests):
    assert recorded(geo(tests)) == ["geo.yaml"]


def test_the_fixture_may_be_named_by_usefixtures(geo):
    tests = """
@pytest.mark.usefixtures("cassette")
class TestGeo:
    def test_capital(self, brazil):
        ask()
"""

    assert recorded(geo(tests)) == ["TestGeo.test_capital.yaml"]


def test_a_marker_that_a_conftest_adds_counts(geo, suite: pytest.Pytester):
    suite.makeconftest(
        """
import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.cassette)
"""
    )

    assert recorded(geo("\ndef test_geo(brazil): ask()\n")) == ["test_geo.yaml"]
