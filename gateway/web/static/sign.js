import { $, Failure, call, fill, put, read, status, trouble } from "./page.js";
import { fingerprint } from "./sha256.js";
import { ask } from "./webeid.js";
import { archive, limit } from "./zip.js";

const form = $("sign"), texts = read("sign-texts"), most = Number(form.dataset.limit);
let files = []; // {file, sha256, crc}
let job = new AbortController();
let current, signed; // the signature's id; its value is with the service

const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
const size = (n) => {
  const i = Math.min(3, Math.floor(Math.log10(n || 1) / 3));
  const style = { style: "unit", unit: units[i], unitDisplay: i ? "short" : "long", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(n / 1000 ** i);
};
const uploads = () => form.elements.mode.value === "upload";
const pdf = () => uploads() && files.length === 1 && /\.pdf$/i.test(files[0].file.name);

form.hidden = false;
form.addEventListener("change", choose);
form.addEventListener("submit", (event) => { event.preventDefault(); sign(); });
$("cancel").addEventListener("click", () => { job.abort(); forget(); });
choose();

function forget() {
  if (current) call("DELETE", "/v1/signatures/" + current).catch(() => {}); // it expires by itself
  current = signed = undefined;
}

function progress(text, done, total) {
  $("progress").hidden = !text;
  if (text) $("bar-label").textContent = text;
  $("bar").value = total ? done / total : 0;
}

function busy(on) {
  $("choose").inert = on;
  $("go").disabled = on;
  $("cancel").hidden = !on;
}

// choose shows what will be signed, with digests made here.
async function choose() {
  job.abort();
  job = new AbortController();
  const { signal } = job;
  forget();
  status();
  files = [...$("files").files].map((file) => ({ file }));
  $("what").hidden = !files.length;
  $("code").hidden = $("done").hidden = $("go").disabled = true;
  $("format").textContent = pdf() ? texts.pdf : texts.container;
  $("list").replaceChildren(...files.map(row));
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  try {
    if (total > (uploads() ? most : limit)) throw new Failure(uploads() ? "too-large" : "too-large-here");
    if (files.some(({ file }) => !file.size)) throw new Failure("empty");
    let before = 0;
    for (const [i, entry] of files.entries()) {
      Object.assign(entry, await fingerprint(entry.file, (n) => progress(texts.hashing, before + n, total), signal));
      before += entry.file.size;
      $("list").children[i].querySelector(".digest").textContent = entry.sha256.replace(/.{4}(?=.)/g, "$& ");
    }
    $("go").disabled = !files.length;
    progress();
  } catch (error) {
    if (signal.aborted) return; // something else was chosen
    progress();
    trouble(error.code ? error : new Failure("unreadable"));
  }
}

function row({ file }) {
  const item = $("item").content.cloneNode(true);
  item.querySelector(".name").textContent = file.name;
  item.querySelector(".size").textContent = size(file.size);
  return item;
}

async function sign() {
  job = new AbortController();
  const { signal } = job;
  busy(true);
  try {
    await unchanged();
    if (!current) await create(signal);
    if (!signed) await byCard(signal);
    status("completing");
    const done = await call("POST", at("/complete"), signed, signal);
    await show(done, signal);
  } catch (error) {
    // What the service refuses begins anew; what the card or a network did does
    // not, nor what only came too often.
    if (error.status < 500 && error.status !== 429) forget();
    trouble(error);
  } finally {
    $("code").hidden = true;
    progress();
    busy(false);
    if (!$("done").hidden) $("go").disabled = true;
  }
}

// unchanged sees whether the files can still be read: a browser does not give
// what was changed since it was chosen.
async function unchanged() {
  for (const { file } of files) {
    try {
      await file.slice(0, 1).arrayBuffer();
    } catch {
      forget();
      throw new Failure("unreadable");
    }
  }
}

const at = (path) => "/v1/signatures/" + current + path;

async function create(signal) {
  const described = files.map(({ file, sha256 }) => ({ name: file.name, size: file.size, sha256 }));
  const made = await call("POST", "/v1/signatures", {
    format: pdf() ? "pades" : "asice", mode: form.elements.mode.value, files: described,
  }, signal);
  current = made.id;
  if (!uploads()) return;
  for (const [i, { file }] of files.entries()) {
    const label = fill(texts.uploading, file.name);
    try {
      await put(at("/files/" + made.files[i].number), file, (n) => progress(label, n, file.size), signal);
    } catch (error) {
      forget();
      await unchanged();
      throw error;
    }
  }
  progress();
}

async function byCard(signal) {
  status("wait-certificate");
  const { certificate, supportedSignatureAlgorithms } = await ask("get-signing-certificate", {}, signal);
  status("preparing");
  const { to_sign: wanted } = await call("POST", at("/prepare"), { certificate, supportedSignatureAlgorithms }, signal);
  // The code is made from what the card is asked, as the card's program makes it.
  const digest = Uint8Array.from(atob(wanted.hash), (c) => c.charCodeAt(0));
  const sum = new DataView(await crypto.subtle.digest("SHA-256", digest));
  $("control-code").textContent = (sum.getBigUint64(0) % 10n ** 12n).toString().padStart(12, "0").match(/..../g).join(" ");
  $("signer").textContent = fill(texts.signer, wanted.signer.name);
  $("code").hidden = false;
  status("wait-sign");
  const { signature, signatureAlgorithm } = await ask("sign",
    { certificate: wanted.certificate, hash: wanted.hash, hashFunction: wanted.hash_function }, signal);
  signed = { signature, signatureAlgorithm };
}

async function show({ result }, signal) {
  const link = $("download");
  link.download = result.name;
  link.href = uploads() ? at("/document") : URL.createObjectURL(await container(signal));
  status();
  $("done-text").textContent = fill(texts.done, result.name);
  $("done").hidden = false;
  $("done").focus();
}

// container puts the files, that never left, and the signature together.
async function container(signal) {
  const { media_type: type, parts } = await call("GET", at("/parts"), undefined, signal);
  const made = await Promise.all(parts.map(async ({ name, content }) => {
    const blob = new Blob([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))]);
    return { name, blob, crc: (await fingerprint(blob)).crc };
  }));
  await unchanged();
  const own = files.map(({ file, crc }) => ({ name: file.name, blob: file, crc }));
  return archive([made[0], ...own, ...made.slice(1)], type);
}
