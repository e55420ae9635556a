"""An assistant that is asked twice: the second question goes on from the first answer, which the server keeps.

    python examples/previous_response_id.py [--stream]

It asks the API, or whoever OPENAI_BASE_URL names, with the key in OPENAI_API_KEY. The Agents SDK sends its traces to
OpenAI beside that, unless OPENAI_AGENTS_DISABLE_TRACING is 1.
"""

import asyncio
import sys

from agents import Agent, Runner

LARGEST = "Which is the largest country in South America?"
CAPITAL = "And what is its capital?"


async def plain(agent: Agent) -> None:
    result = await Runner.run(agent, LARGEST)
    print(result.final_output)

    result = await Runner.run(agent, CAPITAL, previous_response_id=result.last_response_id)
    print(result.final_output)


async def streamed(agent: Agent) -> None:
    result = Runner.run_streamed(agent, LARGEST)
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            print(event.data.delta, end="", flush=True)
    print()

    result = Runner.run_streamed(agent, CAPITAL, previous_response_id=result.last_response_id)
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            print(event.data.delta, end="", flush=True)
    print()


def main(*options: str) -> None:
    agent = Agent(name="Assistant", instructions="Answer in one word.", model="gpt-4.1")
    asyncio.run((streamed if "--stream" in options else plain)(agent))


if __name__ == "__main__":
    main(*sys.argv[1:])
