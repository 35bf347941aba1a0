// A prompt strip and its table of blocks point at each other. A page may hold several strips: `data-strip` says with
// what the ids of a strip's rows begin.

const CHOSEN = "[data-row].at";

function mark(row) {
  for (const other of document.querySelectorAll(CHOSEN)) other.classList.remove("at");
  for (let inner = row.closest("details"); inner; inner = inner.parentElement.closest("details")) inner.open = true;
  row.classList.add("at");
  row.scrollIntoView({ block: "center" });
}

function linked(strip) {
  const prefix = strip.dataset.strip;
  const say = strip.closest("figure").querySelector("[data-strip-say]");
  const still = say.textContent;
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

  function rowOf(number) {
    const row = document.getElementById(`${prefix}${number}`);
    if (row) return row;
    return [...document.querySelectorAll(".fold[data-from]")].find(
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
    const group = document.getElementById(`g-${run.dataset.g}`);
    if (!group?.dataset.stretch) return;
    document.body.addEventListener("htmx:after:swap", () => { const opened = rowOf(number); if (opened) mark(opened); }, { once: true });
    window.htmx.ajax("GET", `${group.dataset.stretch}&at=${number}`, { target: `#${group.id}`, swap: "outerHTML" });
  }

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
    const { id, dataset } = event.target;
    if (!dataset.from && !id.startsWith(prefix)) return;
    picked = runOf(Number(dataset.from ?? id.slice(prefix.length)));
    point(picked);
  });
}

for (const strip of document.querySelectorAll("[data-strip]")) linked(strip);
