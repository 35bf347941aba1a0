// The live state of the page. The socket says that something changed; `tick` makes htmx ask for it.

const POLL_MS = 15_000;
const ANNOUNCE_MS = 30_000;
const WORDS = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting", paused: "Paused" };

const { body } = document;
const trouble = document.querySelector("[data-trouble]");
let connected = false;
let everConnected = false;
let paused = sessionStorage.getItem("paused") === "1";
let announcedAt = Date.now();

function show() {
  const state = paused ? "paused" : connected ? "live" : everConnected ? "reconnecting" : "connecting";
  body.dataset.live = state;
  document.querySelector("[data-live-word]").textContent = WORDS[state];
  document.querySelector("[data-live-toggle]").setAttribute("aria-pressed", String(paused));
}

function tick() {
  if (!paused && !document.hidden) body.dispatchEvent(new CustomEvent("tick"));
}

function togglePause() {
  paused = !paused;
  sessionStorage.setItem("paused", paused ? "1" : "0");
  show();
  tick();
}

body.addEventListener("htmx:ws:after:connection", () => {
  const missed = everConnected;
  connected = everConnected = true;
  show();
  if (missed) tick();
});
body.addEventListener("htmx:ws:close", () => {
  connected = false;
  if (!document.hidden) show();
});
body.addEventListener("htmx:ws:before:message:incoming", (event) => {
  if (JSON.parse(event.detail.message.data).changed.includes(body.dataset.page)) tick();
});
document.querySelector("[data-live-toggle]").addEventListener("click", togglePause);
document.addEventListener("visibilitychange", tick);
setInterval(() => { if (!connected) tick(); }, POLL_MS);

// htmx may look at the page before its socket extension has run: once all scripts have, it looks again.
document.addEventListener("DOMContentLoaded", () => window.htmx.process(body));

// What was refused or lost is said in place; what was on the page stays there.
function fail(text) {
  document.querySelector("[data-trouble-what]").textContent = text;
  trouble.hidden = false;
}
body.addEventListener("htmx:response:error", (event) => fail(`the server answered ${event.detail.ctx.response.status}.`));
body.addEventListener("htmx:error", () => fail("the server could not be reached."));
document.querySelector("[data-retry]").addEventListener("click", () => body.dispatchEvent(new CustomEvent("tick")));

body.addEventListener("htmx:after:swap", (event) => {
  trouble.hidden = true;
  const lead = event.target.querySelector?.(".lead .hero");
  if (!lead || Date.now() - announcedAt < ANNOUNCE_MS) return;
  announcedAt = Date.now();
  document.querySelector("[data-announce]").textContent = lead.textContent.trim();
});

show();
