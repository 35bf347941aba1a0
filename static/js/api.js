// The page of the management API: a form is sent as the operation that it shows, and the answer stands below it.

function addressOf(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("[data-in=path], [data-in=query]")) {
    if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(field.value.trim()));
    else if (field.value) query.set(field.name, field.value);
  }
  return query.size ? `${path}?${query}` : path;
}

function bodyOf(form) {
  const files = form.querySelectorAll("[data-in=file]");
  if (files.length) {
    const body = new FormData();
    for (const field of files) for (const file of field.files) body.append(field.name, file);
    return { body };
  }
  const text = form.querySelector("[data-in=body]")?.value;
  return text === undefined ? {} : { body: text, type: "application/json" };
}

async function send(form) {
  const { body, type } = bodyOf(form);
  const headers = { accept: "application/json", "x-csrftoken": document.body.dataset.csrf };
  if (type) headers["content-type"] = type;
  const answer = await fetch(addressOf(form), { method: form.dataset.method, headers, body });
  return [`${answer.status} ${answer.statusText}`, await answer.text()];
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function show(place, status, text) {
  const line = Object.assign(document.createElement("p"), { textContent: status });
  const body = Object.assign(document.createElement("pre"), { textContent: pretty(text), tabIndex: 0 });
  place.replaceChildren(line, ...(text ? [body] : []));
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const place = form.parentElement.querySelector("[data-answer]");
  show(place, "Sent…", "");
  try {
    show(place, ...(await send(form)));
  } catch (error) {
    show(place, "No answer: the server could not be reached.", String(error));
  }
});

// A link to an operation opens it.
function openLinked() {
  const linked = document.getElementById(location.hash.slice(1));
  if (linked?.matches("details")) linked.open = true;
}
addEventListener("hashchange", openLinked);
openLinked();
