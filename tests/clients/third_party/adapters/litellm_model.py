"""The Agents SDK's LitellmModel: whoever LiteLLM speaks to, by Chat Completions."""

from agents.extensions.models.litellm_model import LitellmModel

from fakemodel.contract import ChatCompletionsModelContract


class TestLitellmModel(ChatCompletionsModelContract):
    def make_model(self, client):
        return LitellmModel("openai/gpt-4.1", base_url=str(client.base_url), api_key=client.api_key)
