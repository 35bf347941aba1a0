// The official OpenAI SDK for Node: a tool's loop, then a streamed turn and a plain one.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PACKAGES}/`);
const { default: OpenAI } = require("openai");

const material = JSON.parse(readFileSync("material.json", "utf8"));
const client = new OpenAI({ baseURL: `${process.env.BASE}/v1`, apiKey: process.env.KEY });
const { name, description, fields } = material.tool;
const properties = Object.fromEntries(
  Object.entries(fields).map(([field, text]) => [field, { type: "string", description: text }]),
);
const parameters = { type: "object", properties, required: Object.keys(fields) };
const options = { model: "gpt-4o", tools: [{ type: "function", function: { name, description, parameters } }] };
const messages = [{ role: "system", content: "You are on call. Answer in one sentence." }];
const results = [];

async function ask(streamed) {
  const answer = streamed
    ? await client.chat.completions.stream({ messages, ...options }).finalChatCompletion()
    : await client.chat.completions.create({ messages, ...options });
  const { role, content, tool_calls } = answer.choices[0].message;
  messages.push({ role, content, ...(tool_calls && { tool_calls }) });
  return answer.choices[0].message;
}

for (const [number, question] of material.questions.entries()) {
  messages.push({ role: "user", content: number === 0 ? `${question}\n\n${material.log}` : question });
  let message = await ask(number === 1);
  if (message.tool_calls?.length) {
    results.push(message.tool_calls[0].function.arguments);
    messages.push({ role: "tool", tool_call_id: message.tool_calls[0].id, content: material.tickets });
    message = await ask(false);
  }
  results.push(message.content);
}
console.log(JSON.stringify(results));
