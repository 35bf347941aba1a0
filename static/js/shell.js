// Small helps that every page has: filters that submit themselves, copying.

const SAID_MS = 1500;

for (const form of document.querySelectorAll("[data-submit-on-change]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

for (const form of document.querySelectorAll("form[method=get]")) {
  // The URL holds filters less defaults.
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });
}

// Ages stay true while the page stands open: written as `dashboard/numbers.py` does.
const AGES = [[86_400, "day"], [3_600, "h"], [60, "min"], [1, "s"]];
const AGE_EVERY_MS = 10_000;

function age(seconds) {
  if (seconds < 10) return "just now";
  const [size, unit] = AGES.find(([step]) => seconds >= step);
  const number = Math.floor(seconds / size);
  return `${number} ${unit}${unit === "day" && number !== 1 ? "s" : ""} ago`;
}

setInterval(() => {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-ago]")) {
    time.textContent = age((Date.now() - Date.parse(time.dateTime)) / 1000);
  }
}, AGE_EVERY_MS);

async function copy(button, text) {
  await navigator.clipboard.writeText(text);
  const word = button.querySelector("span");
  const before = word.textContent;
  word.textContent = document.querySelector("[data-announce]").textContent = "Copied";
  setTimeout(() => { word.textContent = before; }, SAID_MS);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-url]");
  if (!button) return;
  copy(button, button.dataset.copy ? document.querySelector(button.dataset.copy).textContent : location.href);
});
