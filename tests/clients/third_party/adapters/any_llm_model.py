"""The Agents SDK's AnyLLMModel: whoever any-llm speaks to, by either API."""

from agents.extensions.models.any_llm_model import AnyLLMModel

from fakemodel.contract import ChatCompletionsModelContract, ResponsesModelContract


def model(client, api):
    return AnyLLMModel("openai/gpt-4.1", base_url=str(client.base_url), api_key=client.api_key, api=api)


class TestAnyLLMChat(ChatCompletionsModelContract):
    def make_model(self, client):
        return model(client, "chat_completions")


class TestAnyLLMResponses(ResponsesModelContract):
    without = frozenset({"prompt"})  # it refuses one

    def make_model(self, client):
        return model(client, "responses")
