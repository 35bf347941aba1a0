// The documents page: files dropped or chosen go up, each in a request of its own, and the list then shows
// how far each is. A file that is refused stays in the list of uploads with its reason.

const AT_ONCE = 3;
const share = new Intl.NumberFormat("en", { style: "percent" });
const { body } = document;
const form = document.querySelector("[data-drop]");
const uploads = document.querySelector("[data-uploads]");
const template = document.getElementById("upload-row");
const dialog = document.getElementById("confirm");
const field = form?.elements.files;
const waiting = [];
let running = 0;
let taken = 0;
let refused = 0;

function newRow(name) {
  const row = template.content.firstElementChild.cloneNode(true);
  row.querySelector(".upload-name").textContent = row.querySelector(".upload-name").title = name;
  row.querySelector("progress").setAttribute("aria-label", `Upload of ${name}`);
  row.querySelector("[data-dismiss]").setAttribute("aria-label", `Dismiss ${name}`);
  uploads.append(row);
  say(row, "waiting", "Waits");
  return row;
}

function say(row, state, text) {
  row.dataset.state = state;
  row.querySelector(".upload-say").textContent = text;
}

function refuse(row, reason) {
  refused += 1;
  say(row, "refused", reason);
}

function accept(row, answer) {
  taken += 1;
  if (answer.state === "done") {
    say(row, "same", "The same version is stored already");
    return;
  }
  row.dataset.document = answer.id;
  say(row, "taken", "Taken in");
}

// The list shows it now: the upload's own row has said all it had to say.
function dropShown() {
  for (const row of uploads.querySelectorAll("[data-document]")) {
    if (document.getElementById(`d-${row.dataset.document}`)) row.remove();
  }
}

function answered(row, request) {
  const answer = request.response?.files?.[0];
  if (answer?.reason) refuse(row, `Refused: ${answer.reason}`);
  else if (answer) accept(row, answer);
  else if (request.responseURL.includes("/login")) refuse(row, "You are signed out: sign in and try again");
  else refuse(row, `The server answered ${request.status}`);
}

function send({ row, file, fields }) {
  running += 1;
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  data.append("files", file);
  const request = new XMLHttpRequest();
  const progress = row.querySelector("progress");
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => {
    progress.value = event.total ? (event.loaded / event.total) * 100 : 0;
    say(row, "sending", event.loaded < event.total ? `${share.format(event.loaded / event.total)} sent` : "Sent");
  });
  request.addEventListener("load", () => answered(row, request));
  request.addEventListener("error", () => refuse(row, "Not sent: the file cannot be read, or the server not be reached"));
  request.addEventListener("loadend", () => {
    running -= 1;
    next();
  });
  request.send(data);
}

function next() {
  while (running < AT_ONCE && waiting.length) send(waiting.shift());
  if (running || waiting.length) return;
  body.dispatchEvent(new CustomEvent("tick"));
  document.querySelector("[data-announce]").textContent = `${taken} taken in, ${refused} refused`;
  taken = refused = 0;
}

function add(files) {
  const maxBytes = Number(form.dataset.maxBytes);
  const fields = [...new FormData(form)].filter(([name]) => name !== "files");
  for (const file of files) {
    const row = newRow(file.name);
    if (file.size > maxBytes) refuse(row, `Refused: ${form.dataset.tooLarge}`);
    else waiting.push({ row, file, fields });
  }
  next();
}

function dropped(transfer) {
  const files = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry?.();
    if (entry?.isDirectory) refuse(newRow(entry.name), "Refused: a folder. Drop the files in it");
    else files.push(item.getAsFile());
  }
  add(files);
}

function isFiles(event) {
  return event.dataTransfer?.types.includes("Files");
}

if (form) {
  field.addEventListener("change", () => {
    add([...field.files]);
    field.value = "";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  // The whole page takes them: a file that misses the zone would else replace the page.
  addEventListener("dragover", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    form.classList.add("over");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.classList.remove("over");
  });
  addEventListener("drop", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    form.classList.remove("over");
    dropped(event.dataTransfer);
  });
  addEventListener("beforeunload", (event) => {
    if (running || waiting.length) event.preventDefault();
  });
  uploads.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest("li").remove());
}

body.addEventListener("htmx:after:swap", (event) => {
  dropShown();
  if (event.detail.ctx.target === dialog) dialog.showModal();
});
dialog?.addEventListener("submit", () => dialog.close());
dialog?.addEventListener("click", (event) => {
  if (!event.target.closest("[data-close]")) return;
  event.preventDefault();
  dialog.close();
});
