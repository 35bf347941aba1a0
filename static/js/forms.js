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

// A form that is saved as one types gets its errors as a list, which stand at their fields, too.
function showError(field, text) {
  const input = control(field);
  const id = `${input.id}_error`;
  const others = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((part) => part && part !== id);
  document.getElementById(id)?.remove();
  field.classList.toggle("invalid", Boolean(text));
  if (text) {
    input.setAttribute("aria-invalid", "true");
    const line = Object.assign(document.createElement("p"), { id, className: "form-error", textContent: text });
    field.querySelector(".form-control").after(line);
    others.push(id);
  } else input.removeAttribute("aria-invalid");
  if (others.length) input.setAttribute("aria-describedby", others.join(" "));
}

document.body.addEventListener("htmx:after:swap", (event) => {
  const target = event.detail.ctx.target;
  target.querySelector("[data-error-summary]")?.focus();
  if (!target.matches("[data-says-errors]")) return;
  for (const field of target.closest("form").querySelectorAll("[data-field]")) {
    showError(field, target.querySelector(`[data-error-for="${field.dataset.field}"] span`)?.textContent);
  }
});
