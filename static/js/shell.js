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

// Ages stay true while the page stands open. The server lists every text, with the seconds from which it holds.
const AGE_EVERY_MS = 10_000;
const ages = JSON.parse(document.getElementById("age-texts").textContent);

setInterval(() => {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    time.textContent = ages.findLast(([start]) => start <= Math.max(seconds, 0))[1];
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
