// The Node SDK in a conversation: `node conversation.mjs <way>`, with OPENAI_BASE_URL and OPENAI_API_KEY set.
// Tells what the user gets, as JSON: the last answers, or the error.

import OpenAI from "openai";

const client = new OpenAI();
const model = "gpt-4.1";
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const tool = { type: "function", name: "get_weather", parameters, strict: true };
const chatTool = { type: "function", function: { name: "get_weather", parameters, strict: true } };

function getWeather(json) {
  if (JSON.parse(json).city !== "Paris") throw new Error(`called with ${json}`);
  return "sunny, 21 °C";
}

// The ways to ask for a response.

async function create(asked) {
  return await client.responses.create({ model, ...asked });
}

async function streamed(asked) {
  let last;
  for await (const event of await client.responses.create({ model, stream: true, ...asked })) last = event;
  if (last?.type !== "response.completed") throw new Error(`ended silently, with ${last?.type}`);
  // An event has the response as it came: output_text is put together by those methods that return one.
  const content = last.response.output.flatMap((item) => item.content ?? []);
  return { ...last.response, output_text: content.map((part) => part.text).join("") };
}

async function helper(asked) {
  const stream = client.responses.stream({ model, ...asked });
  let text = "";
  stream.on("response.output_text.delta", (event) => (text += event.delta));
  const response = await stream.finalResponse();
  if (text !== response.output_text) throw new Error(`streamed ${text}, and ended with ${response.output_text}`);
  return response;
}

async function parsed(asked) {
  return await client.responses.parse({ model, ...asked });
}

// The ways to ask for a completion.

async function chat(asked) {
  return (await client.chat.completions.create({ model, ...asked })).choices[0].message;
}

async function chatStreamed(asked) {
  const message = { role: "assistant", content: "" };
  let finished;
  for await (const { choices } of await client.chat.completions.create({ model, stream: true, ...asked })) {
    finished = choices[0].finish_reason ?? finished;
    message.content += choices[0].delta.content ?? "";
    for (const { index, id, function: called } of choices[0].delta.tool_calls ?? []) {
      message.tool_calls ??= [];
      message.tool_calls[index] ??= { id, type: "function", function: { name: called.name, arguments: "" } };
      message.tool_calls[index].function.arguments += called.arguments ?? "";
    }
  }
  if (!finished) throw new Error("ended silently");
  return message;
}

async function chatHelper(asked) {
  return await client.chat.completions.stream({ model, ...asked }).finalMessage();
}

function outputs(response) {
  return response.output
    .filter((item) => item.type === "function_call")
    .map((call) => ({ type: "function_call_output", call_id: call.call_id, output: getWeather(call.arguments) }));
}

async function chain(ask) {
  const tools = [tool];
  const called = await ask({ input: "Weather in Paris?", tools });
  const answer = await ask({ input: outputs(called), previous_response_id: called.id, tools });
  const last = await ask({ input: "And tomorrow?", previous_response_id: answer.id, tools });
  return [answer.output_text, last.output_text];
}

async function conversation(ask) {
  const tools = [tool];
  const { id } = await client.conversations.create();
  const called = await ask({ input: "Weather in Paris?", conversation: id, tools });
  const answer = await ask({ input: outputs(called), conversation: id, tools });
  const last = await ask({ input: "And tomorrow?", conversation: id, tools });
  return [answer.output_text, last.output_text];
}

async function history(ask) {
  const tools = [chatTool];
  const messages = [{ role: "user", content: "Weather in Paris?" }];
  const called = await ask({ messages, tools });
  messages.push(called);
  for (const call of called.tool_calls) {
    messages.push({ role: "tool", tool_call_id: call.id, content: getWeather(call.function.arguments) });
  }
  const answer = await ask({ messages, tools });
  messages.push(answer, { role: "user", content: "And tomorrow?" });
  const last = await ask({ messages, tools });
  return [answer.content, last.content];
}

async function runTools(options) {
  const tools = [{ type: "function", function: { ...chatTool.function, function: getWeather } }];
  const messages = [{ role: "user", content: "Weather in Paris?" }];
  const first = client.chat.completions.runTools({ model, messages, tools, ...options });
  const answer = await first.finalContent();
  messages.splice(0, Infinity, ...first.messages, { role: "user", content: "And tomorrow?" });
  return [answer, await client.chat.completions.runTools({ model, messages, tools, ...options }).finalContent()];
}

async function hi(ask) {
  return [(await ask({ input: "Hi" })).output_text];
}

async function chatHi(ask) {
  return [(await ask({ messages: [{ role: "user", content: "Hi" }] })).content];
}

const responses = { create, streamed, helper, parsed };
const chats = { chat, chatStreamed, chatHelper };
const [what, way] = process.argv.slice(2);
const stories = { chain, conversation, hi: way in chats ? chatHi : hi, history };

try {
  const told =
    what === "runTools"
      ? await runTools({ stream: way === "streamed" })
      : await stories[what](responses[way] ?? chats[way]);
  console.log(JSON.stringify({ told }));
} catch (error) {
  console.log(JSON.stringify({ error: error.constructor.name, message: error.message }));
}
