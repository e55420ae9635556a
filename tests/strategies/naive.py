"""Servers and clients that are right but for one thing: what a history has to find."""

from fakemodel import FakeOpenAI
from fakemodel.httpx_modules import sdk_httpx
from fakemodel.strategies import (
    CreateConversation,
    CreateResponse,
    DeleteConversation,
    DeleteResponse,
    ListItems,
    Request,
    RetrieveResponse,
)

__all__ = ["DEFECTS", "Server"]


class Server:
    """A FakeOpenAI that says what the history has it say."""

    def __init__(self):
        self.api = FakeOpenAI()
        self.http = sdk_httpx().Client(transport=self.api.transport(), base_url="https://api.openai.com")

    def send(self, request: Request):
        if request.says is not None:
            self.api.otherwise(request.says)
        return self.asked(request.method, request.path, request.json)

    def asked(self, method, path, json=None):
        answer = self.http.request(method, path, json=json)
        return answer.status_code, answer.json()

    def seen(self):
        return self.api.requests[-1].context


def error(body):
    return body.get("error") or {}


class GoesOnFromNothing(Server):
    """A client that, where its last response is gone, asks again without it: what was said is lost, and nobody told."""

    def asked(self, method, path, json=None):
        status, body = super().asked(method, path, json)
        if error(body).get("code") == "previous_response_not_found":
            rest = {key: value for key, value in json.items() if key != "previous_response_id"}
            return super().asked(method, path, rest)
        return status, body


class KeepsWhatIsNotStored(Server):
    """A client that drops `store`."""

    def asked(self, method, path, json=None):
        return super().asked(method, path, json and {key: json[key] for key in json if key != "store"})


class ForgetsWhatWasSaid(Server):
    """A server that says the id again, and does not look at it."""

    def asked(self, method, path, json=None):
        previous = (json or {}).get("previous_response_id")
        before = self.api.responses.get(previous)
        if before is None or json["input"][0].get("type"):
            return super().asked(method, path, json)
        status, body = super().asked(method, path, {**json, "previous_response_id": None})
        return status, {**body, "previous_response_id": previous}


class GoesOnFromTheLast(Server):
    """A client that keeps the last response, whichever it is told to go on from."""

    last = None

    def asked(self, method, path, json=None):
        previous = (json or {}).get("previous_response_id")
        other = self.last if previous in self.api.responses else previous
        status, body = super().asked(method, path, {**json, "previous_response_id": other} if previous else json)
        if path == "/v1/responses" and status == 200:
            self.last = body["id"] if body["store"] else self.last
            body["previous_response_id"] = previous
        return status, body


class DeletesNothing(Server):
    """A server that says that a response is deleted, and keeps it."""

    def asked(self, method, path, json=None):
        if method == "DELETE" and path.startswith("/v1/responses"):
            return super().asked("GET", path)
        return super().asked(method, path, json)


class DeletesTheChain(Server):
    """A server that deletes with a response what went on from it."""

    def asked(self, method, path, json=None):
        kept = self.api.responses.get(path.rpartition("/")[2])
        if method == "DELETE" and kept is not None:
            id = kept.body["id"]
            for other in [*self.api.responses.values()]:
                if other.body["previous_response_id"] == id:
                    del self.api.responses[other.body["id"]]
        return super().asked(method, path, json)


class TakesBothIds(Server):
    """A client that drops `previous_response_id` where there is a conversation."""

    def asked(self, method, path, json=None):
        if json and "conversation" in json:
            json = {key: json[key] for key in json if key != "previous_response_id"}
        return super().asked(method, path, json)


class AnswersCallsItself(Server):
    """A client that makes up the outputs that are missing."""

    def asked(self, method, path, json=None):
        status, body = super().asked(method, path, json)
        if "No tool output found" in error(body).get("message", ""):
            call_id = error(body)["message"].removesuffix(".").rpartition(" ")[2]
            made_up = {"type": "function_call_output", "call_id": call_id, "output": ""}
            return self.asked(method, path, {**json, "input": [made_up, *json["input"]]})
        return status, body


class RevivesConversations(Server):
    """A server that makes a conversation that it does not know."""

    def asked(self, method, path, json=None):
        status, body = super().asked(method, path, json)
        if status == 404 and "conversation" in (json or {}):
            _, made = super().asked("POST", "/v1/conversations", {})
            status, body = super().asked(method, path, {**json, "conversation": made["id"]})
            body["conversation"] = {"id": json["conversation"]}
        return status, body


class SaysNotFound(Server):
    """A server that refuses as others do: a response that is gone is a 404."""

    def asked(self, method, path, json=None):
        status, body = super().asked(method, path, json)
        return (404 if error(body).get("code") == "previous_response_not_found" else status), body


class DropsItems(Server):
    """A server that lists all items of a conversation but the first."""

    def asked(self, method, path, json=None):
        status, body = super().asked(method, path, json)
        return status, {**body, "data": body["data"][1:]} if method == "GET" and "data" in body else body


class GivesOneId(Server):
    """A server that gives all its responses one id."""

    def asked(self, method, path, json=None):
        status, body = super().asked(method, path, json)
        return status, {**body, "id": "resp_1"} if body.get("object") == "response" and method == "POST" else body


class Crashes(Server):
    """A server that a reference to an item is too much for."""

    def asked(self, method, path, json=None):
        if json and any(item.get("type") == "item_reference" for item in json.get("input", ())):
            return 500, "Internal Server Error"
        return super().asked(method, path, json)


DEFECTS = {
    GoesOnFromNothing: [CreateResponse("resp_unknown")],
    KeepsWhatIsNotStored: [CreateResponse(store=False), CreateResponse(0)],
    ForgetsWhatWasSaid: [CreateResponse(), CreateResponse(0)],
    GoesOnFromTheLast: [CreateResponse(), CreateResponse(), CreateResponse(0)],
    DeletesNothing: [CreateResponse(), DeleteResponse(0), CreateResponse(0)],
    DeletesTheChain: [CreateResponse(), CreateResponse(0), DeleteResponse(0), RetrieveResponse(1)],
    TakesBothIds: [CreateConversation(), CreateResponse(), CreateResponse(1, conversation=0)],
    AnswersCallsItself: [CreateResponse(calls=1), CreateResponse(0, brings="unanswered")],
    RevivesConversations: [CreateConversation(), DeleteConversation(0), CreateResponse(conversation=0)],
    SaysNotFound: [CreateResponse("resp_unknown")],
    DropsItems: [CreateConversation(), CreateResponse(conversation=0), ListItems(0)],
    GivesOneId: [CreateResponse(), CreateResponse()],
    Crashes: [CreateResponse(), CreateResponse(refers=0)],
}
"""Each with the history that a person would write to find it."""
