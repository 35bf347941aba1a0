// The Vercel AI SDK: a tool's loop, then a streamed turn and a plain one. Argument: openai or anthropic.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PACKAGES}/`);
const { generateText, streamText, stepCountIs, tool, jsonSchema } = require("ai");

const material = JSON.parse(readFileSync("material.json", "utf8"));
const settings = { baseURL: `${process.env.BASE}/v1`, apiKey: process.env.KEY };
const model = process.argv[2] === "openai"
  ? require("@ai-sdk/openai").createOpenAI(settings).chat("gpt-4o")
  : require("@ai-sdk/anthropic").createAnthropic(settings)("claude-sonnet-5");
const { name, description, fields } = material.tool;
const properties = Object.fromEntries(
  Object.entries(fields).map(([field, text]) => [field, { type: "string", description: text }]),
);
const calls = [];
const tools = {
  [name]: tool({
    description,
    inputSchema: jsonSchema({ type: "object", properties, required: Object.keys(fields) }),
    execute: async (input) => { calls.push(input); return material.tickets; },
  }),
};
const messages = [];
const results = [];

for (const [number, question] of material.questions.entries()) {
  messages.push({ role: "user", content: number === 0 ? `${question}\n\n${material.log}` : question });
  const options = { model, tools, messages, system: "You are on call.", stopWhen: stepCountIs(4) };
  const result = number === 1 ? streamText(options) : await generateText(options);
  results.push(await result.text);
  messages.push(...(await result.response).messages);
}
console.log(JSON.stringify([calls, results]));
