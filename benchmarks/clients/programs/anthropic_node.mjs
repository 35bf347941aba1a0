// The official Anthropic SDK for Node: a tool's loop, then a streamed turn and a plain one.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PACKAGES}/`);
const { default: Anthropic } = require("@anthropic-ai/sdk");

const material = JSON.parse(readFileSync("material.json", "utf8"));
const client = new Anthropic({ baseURL: process.env.BASE, apiKey: process.env.KEY });
const { name, description, fields } = material.tool;
const properties = Object.fromEntries(
  Object.entries(fields).map(([field, text]) => [field, { type: "string", description: text }]),
);
const input_schema = { type: "object", properties, required: Object.keys(fields) };
const options = {
  model: "claude-sonnet-5",
  max_tokens: 1000,
  system: "You are on call. Answer in one sentence.",
  tools: [{ name, description, input_schema }],
};
const messages = [];
const results = [];

async function ask(streamed) {
  const answer = streamed
    ? await client.messages.stream({ messages, ...options }).finalMessage()
    : await client.messages.create({ messages, ...options });
  messages.push({ role: "assistant", content: answer.content });
  return answer.content[0];
}

for (const [number, question] of material.questions.entries()) {
  messages.push({ role: "user", content: number === 0 ? `${question}\n\n${material.log}` : question });
  let block = await ask(number === 1);
  if (block.type === "tool_use") {
    results.push(block.input);
    const result = { type: "tool_result", tool_use_id: block.id, content: material.tickets };
    messages.push({ role: "user", content: [result] });
    block = await ask(false);
  }
  results.push(block.text);
}
console.log(JSON.stringify(results));
