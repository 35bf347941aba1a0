// Small helps that every page has: filters that submit themselves, copying.

const SAID_MS = 1500;

for (const form of document.querySelectorAll("[data-submit-on-change]")) {
  form.addEventListener("change", () => form.requestSubmit());
  // The URL holds filters less defaults.
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });
}

async function copy(button, text) {
  await navigator.clipboard.writeText(text);
  const word = button.querySelector("span");
  const before = word.textContent;
  word.textContent = "Copied";
  setTimeout(() => { word.textContent = before; }, SAID_MS);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-url]");
  if (!button) return;
  copy(button, button.dataset.copy ? document.querySelector(button.dataset.copy).textContent : location.href);
});
