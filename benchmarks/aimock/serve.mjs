// aimock, with one answer for everybody; prints its base URL.
import { LLMock } from "@copilotkit/aimock";

const mock = new LLMock({ port: 0, logLevel: "silent" });
mock.onMessage("hello", { content: "Hi there!" });
await mock.start();
console.log(`${mock.url}/v1`);
