// aimock, with one answer for everybody, its first argument; prints its base URL.
import { LLMock } from "@copilotkit/aimock";

const mock = new LLMock({ port: 0, logLevel: "silent" });
mock.onMessage("hello", { content: process.argv[2] });
await mock.start();
console.log(`${mock.url}/v1`);
