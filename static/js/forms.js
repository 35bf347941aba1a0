// Fields of forms: Reset puts the default back in place, and shows only where it would change something; a link of
// the error summary leads to its field.

function control(field) {
  return field.querySelector(".form-control :is(input, select, textarea)");
}

function valueOf(input) {
  if (input.type === "checkbox") return input.checked ? "on" : "";
  return input.value;
}

function showReset(field) {
  const button = field.querySelector("[data-reset]");
  if (button) button.hidden = valueOf(control(field)) === button.dataset.reset;
}

function reset(button) {
  const field = button.closest("[data-field]");
  const input = control(field);
  if (input.type === "checkbox") input.checked = button.dataset.reset === "on";
  else input.value = button.dataset.reset;
  for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
  input.focus();
}

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const field = event.target.closest("[data-field]");
    if (field) showReset(field);
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reset]");
  if (button) {
    event.preventDefault();
    reset(button);
    return;
  }
  const link = event.target.closest("[data-error-summary] a");
  const input = link && document.querySelector(link.getAttribute("href"));
  if (!input) return;
  event.preventDefault();
  input.focus();
});

// What is swapped in has no autofocus of its own.
document.body.addEventListener("htmx:after:swap", (event) => {
  event.target.querySelector?.("[data-error-summary]")?.focus();
});
