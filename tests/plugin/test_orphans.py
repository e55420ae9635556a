"""Cassettes that no test has any more: told at the end of a whole run, and of nothing less."""

import pytest

from tests.suites import ASK, BRAZIL

CAPITAL = """
@pytest.mark.cassette
def test_capital(brazil):
    ask()

"""
RIVER = CAPITAL.replace("test_capital", "test_river")
CITY = """
@pytest.mark.parametrize("city", [{}])
@pytest.mark.cassette
def test_city(brazil, city):
    ask()

"""


def write(suite: pytest.Pytester, tests: str, module: str = "test_geo") -> None:
    file = suite.path / f"{module}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(ASK + BRAZIL + tests, encoding="utf-8")


def options(suite: pytest.Pytester, lines: str) -> None:
    loop = 'asyncio_default_fixture_loop_scope = "function"'
    suite.makepyprojecttoml(f"[tool.pytest.ini_options]\n{loop}\n{lines}\n")


def record(suite: pytest.Pytester) -> None:
    assert suite.runpytest("--cassettes=record").ret == 0


def told(suite: pytest.Pytester, *args: str) -> list[str]:
    """What a run says of cassettes at its end."""
    lines = suite.runpytest("-v", *args).outlines
    return [line for line in lines if line.startswith(("cassettes: ", "  without a test "))]


def orphan(name: str, module: str = "test_geo") -> str:
    folder, _, own = module.rpartition("/")
    path = f"{folder}/cassettes/{own}/{name}.yaml" if folder else f"cassettes/{own}/{name}.yaml"
    return f"  without a test  {path}"


workers = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])


@workers
def test_a_deleted_test_leaves_an_orphan(suite: pytest.Pytester, workers):
    write(suite, CAPITAL + RIVER)
    record(suite)

    write(suite, CAPITAL)

    assert told(suite, *workers) == ["cassettes: 1 played, 1 without a test", orphan("test_river")]


@workers
def test_where_every_cassette_has_its_test_none_is_told(suite: pytest.Pytester, workers):
    write(suite, CAPITAL + RIVER)
    record(suite)

    assert told(suite, *workers) == ["cassettes: 2 played"]


@workers
def test_the_orphans_of_a_deleted_module_are_told(suite: pytest.Pytester, workers):
    write(suite, CAPITAL)
    write(suite, CAPITAL + RIVER, "test_rivers")
    record(suite)

    (suite.path / "test_rivers.py").unlink()

    assert told(suite, *workers) == [
        "cassettes: 1 played, 2 without a test",
        orphan("test_capital", "test_rivers"),
        orphan("test_river", "test_rivers"),
    ]


@pytest.mark.parametrize(
    ("module", "beside"),
    [("deep/test_geo", "deep/test_other"), ("deep/test_geo", "test_other")],
    ids=["beside others", "alone in its folder"],
)
def test_the_orphans_of_a_module_that_was_moved_are_told(suite: pytest.Pytester, module, beside):
    write(suite, RIVER, module)
    write(suite, CAPITAL, beside)
    record(suite)

    (suite.path / f"{module}.py").unlink()

    assert told(suite) == ["cassettes: 1 played, 1 without a test", orphan("test_river", module)]


def test_the_orphans_of_a_module_whose_name_ends_with_test_are_told(suite: pytest.Pytester):
    write(suite, CAPITAL)
    write(suite, RIVER, "rivers_test")
    record(suite)

    (suite.path / "rivers_test.py").unlink()

    assert told(suite) == ["cassettes: 1 played, 1 without a test", orphan("test_river", "rivers_test")]


def test_a_renamed_parameter_leaves_an_orphan(suite: pytest.Pytester):
    each = CITY.format('"Rio", "Lima"')
    write(suite, each)
    record(suite)
    assert told(suite) == ["cassettes: 2 played"]

    write(suite, each.replace("Lima", "Rio Grande"))

    assert told(suite)[-2:] == [
        "cassettes: 1 missing, 1 played, 1 without a test",
        orphan("test_city[Lima]"),
    ]


TESTS = {
    "parametrized": CITY.format('"Rio", "a/b"'),
    "of a class": "class TestGeo:\n    @pytest.mark.cassette\n    def test_capital(self, brazil):\n        ask()\n",
    "of a class in a class": (
        "class TestGeo:\n    class TestInner:\n        @pytest.mark.cassette\n"
        "        def test_capital(self, brazil):\n            ask()\n"
    ),
    "of a marked class": "@pytest.mark.cassette\nclass TestGeo:\n    def test_capital(self, brazil):\n        ask()\n",
    "of a marked module": "pytestmark = pytest.mark.cassette\n\n\ndef test_capital(brazil):\n    ask()\n",
    "by another name": '@pytest.mark.cassette(name="deep/shared")\ndef test_capital(brazil):\n    ask()\n',
    "by the name of its class": (
        '@pytest.mark.cassette(name="shared")\nclass TestGeo:\n    @pytest.mark.cassette(ignore=["metadata"])\n'
        "    def test_capital(self, brazil):\n        ask()\n"
    ),
    "by the fixture": "def test_capital(brazil, cassette):\n    ask()\n",
    "by a fixture of the fixture": (
        "@pytest.fixture\ndef tape(cassette):\n    return cassette\n\n\ndef test_capital(brazil, tape):\n    ask()\n"
    ),
    "by the marker of another plugin": "@pytest.mark.vcr\ndef test_capital(brazil):\n    ask()\n",
    "async": "@pytest.mark.cassette\nasync def test_capital(brazil):\n    ask()\n",
}


@pytest.mark.parametrize("tests", TESTS.values(), ids=TESTS)
def test_the_cassette_of_a_test_is_no_orphan(suite: pytest.Pytester, tests):
    write(suite, tests)
    record(suite)

    said = told(suite)

    assert [line.partition(" played")[2] for line in said] == [""]


def test_the_cassettes_of_tests_in_workers_are_no_orphans(suite: pytest.Pytester):
    for number, name in enumerate(["parametrized", "of a class in a class", "by another name", "by the fixture"]):
        write(suite, TESTS[name], f"test_{number}")
    write(suite, CAPITAL.replace("@", "@pytest.mark.skip\n@"), "test_skipped")
    record(suite)

    assert told(suite, "-n2") == ["cassettes: 5 played"]


@pytest.mark.parametrize(
    "changed",
    [
        ("@pytest.mark.cassette", "@pytest.mark.skip\n@pytest.mark.cassette"),
        ("@pytest.mark.cassette", "@pytest.mark.skipif(True, reason='so')\n@pytest.mark.cassette"),
        ("    ask()", "    pytest.skip()"),
        ("@pytest.mark.cassette", "@pytest.mark.xfail(run=False)\n@pytest.mark.cassette"),
        ("    ask()", "    1 / 0"),
        (
            "def test_capital(brazil)",
            "@pytest.fixture\ndef broken():\n    1 / 0\n\n\n@pytest.mark.cassette\ndef test_capital(broken)",
        ),
        ("import pytest", "import pytest\npytest.skip(allow_module_level=True)"),
    ],
    ids=["skip", "skipif", "skips itself", "not run", "fails", "setup fails", "module skips itself"],
)
def test_the_cassette_of_a_test_that_did_not_play_it_is_no_orphan(suite: pytest.Pytester, changed):
    write(suite, CAPITAL)
    write(suite, CAPITAL, "test_other")
    record(suite)

    file = suite.path / "test_geo.py"
    changed_text = file.read_text("utf-8").replace(*changed)
    if "broken" in changed_text:
        changed_text = changed_text.replace("@pytest.mark.cassette\n@pytest.fixture", "@pytest.fixture")
    file.write_text(changed_text, "utf-8")

    assert "without a test" not in "\n".join(told(suite))


@pytest.mark.parametrize(
    "args",
    [
        ("-k", "capital or nothing"),
        ("-m", "not slow"),
        ("--deselect", "test_geo.py::test_other"),
        ("test_geo.py",),
        ("test_geo.py::test_capital",),
        (".",),
        ("--collect-only",),
        ("--lf",),
        ("-x",),
        ("--maxfail=1",),
        ("-n2", "-k", "capital or nothing"),
        ("--ignore=test_other.py",),
        ("--sw",),
    ],
    ids=" ".join,
)
def test_of_less_than_a_whole_run_nothing_is_told(suite: pytest.Pytester, args):
    write(suite, CAPITAL + RIVER)
    write(suite, CAPITAL, "test_other")
    record(suite)
    write(
        suite,
        CAPITAL.replace("ask()", "ask()\n    assert False")
        if {"-x", "--maxfail=1", "--sw", "--lf"} & set(args)
        else CAPITAL,
    )
    if "--lf" in args or "--sw" in args:
        options(suite, 'addopts = "-p fakemodel.plugin -p no:randomly"')
        suite.runpytest()

    said = told(suite, *args)

    if args[-1].startswith("--ignore"):  # the module is there, and its cassettes are nobody's concern
        assert said == ["cassettes: 1 played, 1 without a test", orphan("test_river")]
    else:
        assert "without a test" not in "\n".join(said)


def test_of_a_run_that_broke_off_nothing_is_told(suite: pytest.Pytester):
    write(suite, CAPITAL + RIVER)
    record(suite)
    write(suite, CAPITAL)
    (suite.path / "test_broken.py").write_text("import nothing_of_the_kind\n", "utf-8")

    assert "without a test" not in "\n".join(told(suite))


def test_a_failing_run_that_came_to_its_end_tells_them(suite: pytest.Pytester):
    write(suite, CAPITAL + RIVER)
    record(suite)
    write(suite, CAPITAL.replace("ask()", "ask()\n    assert False"))

    assert told(suite) == ["cassettes: 1 failed, 1 without a test", orphan("test_river")]


def test_the_cassettes_of_tests_that_a_plugin_left_out_are_no_orphans(suite: pytest.Pytester):
    write(suite, CAPITAL + RIVER)
    record(suite)
    suite.makeconftest(
        """
        def pytest_collection_modifyitems(config, items):
            config.hook.pytest_deselected(items=items[1:])
            del items[1:]
        """
    )

    assert told(suite) == ["cassettes: 1 played"]


def test_the_test_paths_of_the_suite_are_the_whole_of_it(suite: pytest.Pytester):
    write(suite, CAPITAL + RIVER, "tests/test_geo")
    options(suite, 'testpaths = ["tests"]\naddopts = "-p fakemodel.plugin -p no:cacheprovider"')
    record(suite)

    write(suite, CAPITAL, "tests/test_geo")

    assert told(suite) == ["cassettes: 1 played, 1 without a test", orphan("test_river", "tests/test_geo")]


def test_other_folders_and_files_are_nobodys_orphans(suite: pytest.Pytester):
    write(suite, CAPITAL)
    record(suite)
    for path in (
        "cassettes/by_hand/one.yaml",
        "cassettes/shared.yaml",
        "cassettes/test_geo/notes.txt",
        "data/test_x/a.yaml",
    ):
        (suite.path / path).parent.mkdir(parents=True, exist_ok=True)
        (suite.path / path).write_text("", "utf-8")

    assert told(suite) == ["cassettes: 1 played"]


def test_a_suite_without_cassettes_is_told_nothing(suite: pytest.Pytester):
    suite.makepyfile("def test_nothing(): pass")

    assert told(suite) == []
