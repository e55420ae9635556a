"""A test that fails on a bad day is told what befell it, and how it comes again."""

import pytest

SUITE = """
import openai
import pytest

@pytest.mark.parametrize("seed", [{seed}])
def test_weather(fake_openai, seed):
    fake_openai.otherwise("Hello")
    fake_openai.chaos(seed, rate=1)
    client = openai.OpenAI(max_retries=0, timeout=0.2)
    answered = 0
    for _ in range(20):
        try:
            client.responses.create(model="m", input="Hi")
            answered += 1
        except openai.APIError:
            pass
    assert answered == 20
"""


def test_the_seed_of_chaos_is_told_and_gives_the_same_again(suite):
    suite.makepyfile(SUITE.format(seed=None))

    first = suite.runpytest_inprocess()

    told = [line for line in first.outlines if line.startswith(("  request ", "  by chaos"))]
    assert told
    seed = told[-1].split("seed=")[1].split(",")[0]
    suite.makepyfile(SUITE.format(seed=seed))
    again = suite.runpytest_inprocess()
    assert [line for line in again.outlines if line.startswith(("  request ", "  by chaos"))] == told


def test_a_fault_that_never_happened_fails_the_test(suite):
    suite.makepyfile(
        """
        def test_calm(fake_openai):
            fake_openai.fail(429)
        """
    )

    result = suite.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*1 fault did not happen.", "*fail(faults.status(429)): no request was for it", "*Remove what is not needed*"]
    )


@pytest.mark.parametrize(
    "body",
    [
        "fake_openai.say()",  # a reply is missing
        "fake_openai.say('a', 'b')",  # a reply is left
    ],
)
def test_the_seed_is_told_whatever_the_test_fails_of(suite, body):
    suite.makepyfile(
        f"""
        import openai

        def test_weather(fake_openai):
            {body}
            fake_openai.chaos(7, rate=0.5)
            client = openai.OpenAI(max_retries=0, timeout=0.2)
            for _ in range(20):
                try:
                    client.responses.create(model="m", input="Hi")
                except openai.APIError:
                    pass
            if fake_openai.remaining:
                fake_openai.say("c")
        """
    )

    result = suite.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    assert sum(line.startswith("  by chaos(seed=7, rate=0.5)") for line in result.outlines) == 1


def test_the_seed_is_told_where_a_fixture_fails(suite):
    suite.makepyfile(
        """
        import pytest

        @pytest.fixture
        def broken(fake_openai):
            fake_openai.chaos(7)
            raise OSError("disk")

        def test_weather(broken):
            pass
        """
    )

    suite.runpytest_inprocess().stdout.fnmatch_lines(["  by chaos(seed=7, rate=0.25)*"])
