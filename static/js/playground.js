// The playground: the settings go into the URL, the text never does; Ctrl+Enter runs; pasted bodies are known.

const desk = document.querySelector("[data-desk]");
const TEXTS = new Set(["csrfmiddlewaretoken", "text", "question", "documents", "do", "example", "example_name", "columns"]);

function settings() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(desk)) {
    const isColumn = /^config-\d$/.test(name);
    if (!TEXTS.has(name) && (value || isColumn) && !(name === "kind" && value === "text")) query.set(name, value);
  }
  return query.toString();
}

function kindOf(text) {
  if (!text.trimStart().startsWith("{")) return "text";
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return "text";
  }
  if ("input" in body || "instructions" in body) return "responses";
  if (!Array.isArray(body.messages)) return "text";
  const isAnthropic = "system" in body || body.tools?.some((tool) => "input_schema" in tool) || /^claude/.test(body.model);
  return isAnthropic ? "anthropic" : "openai";
}

// Both answers come as lines of JSON, each a part of one side.
async function ask(button) {
  const answers = button.closest(".ask").querySelector("[data-answers]");
  const place = (side, part) => answers.querySelector(`[data-side=${side}] [data-part=${part}]`);
  const add = ({ side, ...parts }) => {
    for (const [part, text] of Object.entries(parts)) {
      place(side, part).append(text);
      place(side, part).hidden = false;
    }
  };
  for (const part of answers.querySelectorAll("[data-part]")) part.textContent = "";
  for (const error of answers.querySelectorAll("[data-part=error]")) error.hidden = true;
  answers.hidden = false;
  button.disabled = true;
  const body = new FormData(desk);
  body.set("do", button.value);
  try {
    const response = await fetch(button.dataset.ask, { method: "POST", body });
    if (!response.ok) throw new Error(response.status === 400 ? await response.text() : `the server answered ${response.status}.`);
    await eachLine(response.body, (line) => add(JSON.parse(line)));
  } catch (error) {
    for (const side of ["original", "sent"]) add({ side, error: error.message });
  }
  answers.dataset.answers = "done";
  button.disabled = false;
}

async function eachLine(stream, take) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const lines = (rest + read.value).split("\n");
    rest = lines.pop();
    for (const line of lines) take(line);
  }
}

if (desk) {
  const text = desk.elements.text;
  desk.addEventListener("submit", () => {
    const query = settings();
    desk.action = `${location.pathname}${query ? `?${query}` : ""}#result`;
  });
  desk.addEventListener("keydown", (event) => {
    const runs = event.ctrlKey || event.metaKey;
    const saves = event.target.name === "example_name";
    if (event.key !== "Enter" || !(runs || saves)) return;
    event.preventDefault();
    desk.requestSubmit(desk.querySelector(runs ? "[data-run]" : "[name=do][value=save]"));
  });
  text.addEventListener("paste", () => {
    // Only what replaces all of it says what it is.
    setTimeout(() => {
      const kind = kindOf(text.value);
      if (kind !== "text") desk.querySelector(`[name=kind][value=${kind}]`).checked = true;
    });
  });
  desk.addEventListener("input", () => {
    // What is shown is no longer what would be asked.
    for (const button of document.querySelectorAll("[data-ask]")) button.disabled = true;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-ask]");
    if (!button) return;
    event.preventDefault();
    ask(button);
  });
  document.querySelector("[data-result]")?.focus({ preventScroll: true });
}
