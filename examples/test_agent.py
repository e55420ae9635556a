"""An agent with a tool, on a scripted model: what each turn was asked, and what continues what."""

from agents import Agent, Runner

from fakemodel import Reply, text, tool_call


async def test_the_second_run_continues_the_first(fake_model, weather_tool):
    fake_model.say(
        Reply(tool_call("get_weather", {"city": "Paris"})),
        Reply("Sunny.", id="resp_2"),
        Reply("Still sunny."),
    )
    agent = Agent(name="forecaster", model=fake_model, tools=[weather_tool])

    first = await Runner.run(agent, "Weather in Paris?")
    await Runner.run(agent, "And tomorrow?", previous_response_id=first.last_response_id)

    assert fake_model.turns[1].input[-1]["output"] == "sunny"
    assert fake_model.last_turn_args["previous_response_id"] == "resp_2"


async def test_a_streamed_run_gives_each_fragment(fake_model):
    fake_model.say(Reply(text("Sun", "ny", ".")))

    run = Runner.run_streamed(Agent(name="forecaster", model=fake_model), "Weather in Paris?")
    deltas = [
        event.data.delta
        async for event in run.stream_events()
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
    ]

    assert deltas == ["Sun", "ny", "."]
    assert run.final_output == "Sunny."
