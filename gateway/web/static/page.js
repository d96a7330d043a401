// What the pages with a card share: showing, and asking the service.
export const $ = (id) => document.getElementById(id);
export const read = (id) => JSON.parse($(id).textContent);
export const fill = (text, ...values) => text.replace(/\{(\d)\}/g, (_, i) => values[i]);
const texts = read("webeid-texts");

// Failure carries a code with a text in the catalogue.
export class Failure extends Error {
  constructor(code, problem = {}) {
    super(problem.detail ?? "");
    Object.assign(this, { code, ...problem });
  }
}

export function status(name) {
  $("trouble").hidden = true;
  $("status").hidden = !name;
  if (name) $("status-text").textContent = texts[name];
}

export function trouble(error) {
  status();
  const code = error.code ?? "unknown", tries = [code, code.split(".")[0], "status-" + error.status, "unknown"];
  const known = tries.find((name) => texts[name]);
  $("trouble-what").textContent = texts[known];
  $("trouble-next").textContent = texts[known + "-next"];
  $("trouble-code").hidden = ["stopped", "user-cancelled"].includes(code);
  $("trouble-code").textContent = [code, error.request_id, error.message].filter(Boolean).join(" · ");
  $("trouble").hidden = false;
  $("trouble").focus();
}

const refused = (status, text) => {
  let problem = {};
  try { problem = JSON.parse(text); } catch { /* not from the service itself */ }
  return new Failure(problem.code ?? "status-" + status, { ...problem, status });
};

export async function call(method, url, body, signal) {
  let response, text;
  try {
    const headers = { Accept: "application/json", ...(body && { "Content-Type": "application/json" }) };
    response = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal });
    text = await response.text();
  } catch {
    throw new Failure(signal?.aborted ? "stopped" : "network");
  }
  if (!response.ok) throw refused(response.status, text);
  return text && JSON.parse(text);
}

// put sends a file; fetch cannot tell how far it is.
export const put = (url, file, progress, signal) => new Promise((resolve, reject) => {
  const request = new XMLHttpRequest();
  request.open("PUT", url);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.onprogress = (event) => progress(event.loaded);
  request.onload = () => request.status < 300 ? resolve() : reject(refused(request.status, request.responseText));
  request.onerror = () => reject(new Failure("network"));
  request.onabort = () => reject(new Failure("stopped"));
  signal.addEventListener("abort", () => request.abort());
  request.send(file);
});
