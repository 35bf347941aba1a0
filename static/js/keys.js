// Single-key shortcuts. Not in fields, not with modifiers; they can be switched off in the help dialog.

const help = document.getElementById("help");
const choice = document.querySelector("[data-keys-on]");
const SEQUENCE_MS = 1000;
let waiting = "";
let timer = 0;
let at = null;

choice.checked = localStorage.getItem("keys") !== "off";
choice.addEventListener("change", () => localStorage.setItem("keys", choice.checked ? "on" : "off"));
document.querySelector("[data-help]").addEventListener("click", () => help.showModal());

function rows() {
  return [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const from = all.findIndex((row) => row.classList.contains("at"));
  const to = all[Math.min(Math.max(from + step, 0), all.length - 1)];
  all[from]?.classList.remove("at");
  to.classList.add("at");
  at = to;
  to.scrollIntoView({ block: "nearest" });
  to.dispatchEvent(new CustomEvent("row:at", { bubbles: true }));
}

// A live refresh gives the rows the classes that the server knows.
document.body.addEventListener("htmx:after:swap", () => {
  if (at?.isConnected && !document.querySelector("[data-row].at")) at.classList.add("at");
});

function open() {
  const opens = document.querySelector("[data-row].at a, [data-row].at > summary");
  opens?.click();
  return Boolean(opens);
}

function follow(key) {
  const link = document.querySelector(`a[data-key="${key}"]`);
  link?.click();
  return Boolean(link);
}

function search() {
  const field = document.querySelector("[data-search]");
  field?.select();
  return Boolean(field);
}

const ACTIONS = {
  "/": search,
  "?": () => help.showModal(),
  p: () => document.querySelector("[data-live-toggle]").click(),
  j: () => move(1),
  k: () => move(-1),
  Enter: open,
  "[": () => follow("["),
  "]": () => follow("]"),
};

function inField(target) {
  return target.closest?.("input, select, textarea, [contenteditable]");
}

// What was typed into a search and not sent goes: left standing, it would be sent as a change of the filters.
function leave(field) {
  if ("search" in field.dataset) field.value = field.defaultValue;
  field.blur();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && inField(event.target)) leave(event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target) || help.open) return;
  if (!choice.checked && event.key !== "?") return;
  if (event.key === "Enter" && event.target.closest?.("a, button, summary")) return;
  if (waiting === "g" && follow(`g ${event.key}`)) event.preventDefault();
  else if (event.key in ACTIONS && ACTIONS[event.key]() !== false) event.preventDefault();
  clearTimeout(timer);
  waiting = event.key === "g" ? "g" : "";
  timer = setTimeout(() => { waiting = ""; }, SEQUENCE_MS);
});
