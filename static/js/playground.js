// The playground: the settings go into the URL, the text never does; Ctrl+Enter runs; pasted bodies are known.

const desk = document.querySelector("[data-desk]");
const TEXTS = new Set(["csrfmiddlewaretoken", "text", "question", "documents", "do", "example", "columns"]);

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

if (desk) {
  const text = desk.elements.text;
  desk.addEventListener("submit", () => {
    const query = settings();
    desk.action = `${location.pathname}${query ? `?${query}` : ""}#result`;
  });
  desk.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    desk.requestSubmit(desk.querySelector("[data-run]"));
  });
  text.addEventListener("paste", () => {
    // Only what replaces all of it says what it is.
    setTimeout(() => {
      const kind = kindOf(text.value);
      if (kind !== "text") desk.querySelector(`[name=kind][value=${kind}]`).checked = true;
    });
  });
  document.querySelector("[data-result]")?.focus({ preventScroll: true });
}
