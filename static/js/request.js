// The request page: the strip and the table of blocks point at each other.

const strip = document.querySelector("[data-strip]");
const say = document.querySelector("[data-strip-say]");
const still = say?.textContent;
let at = null;
let picked = null;

function point(run) {
  if (at === run) return;
  at?.classList.remove("at");
  at = run;
  run?.classList.add("at");
  say.textContent = run ? run.dataset.t : still;
}

function runOf(number) {
  let found = null;
  for (const run of strip.querySelectorAll("[data-n]")) {
    if (Number(run.dataset.n) > number) break;
    found = run;
  }
  return found;
}

function mark(row) {
  for (const other of document.querySelectorAll("[data-row].at")) other.classList.remove("at");
  row.classList.add("at");
  row.scrollIntoView({ block: "center" });
}

function rowOf(number) {
  const row = document.getElementById(`b${number}`);
  if (row) return row;
  return [...document.querySelectorAll(".fold")].find(
    (fold) => Number(fold.dataset.from) <= number && number <= Number(fold.dataset.to),
  );
}

function show(run) {
  const number = Number(run.dataset.n);
  const row = rowOf(number);
  if (row) {
    mark(row);
    return;
  }
  const group = document.querySelector(`a[data-group="${run.dataset.g}"]`);
  if (group?.getAttribute("aria-expanded") !== "false") return;
  document.body.addEventListener("htmx:after:swap", () => { const opened = rowOf(number); if (opened) mark(opened); }, { once: true });
  group.click();
}

if (strip) {
  const runUnder = (event) => event.target.closest("[data-n]");
  strip.addEventListener("pointermove", (event) => point(runUnder(event)));
  strip.addEventListener("pointerleave", () => point(picked));
  strip.addEventListener("click", (event) => {
    const run = runUnder(event);
    if (!run) return;
    picked = run;
    show(run);
  });
  document.addEventListener("row:at", (event) => {
    const number = event.target.dataset.from ?? event.target.id.slice(1);
    picked = runOf(Number(number));
    point(picked);
  });
}
