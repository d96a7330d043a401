import { $, call, status, trouble } from "./page.js";
import { ask } from "./webeid.js";

const form = $("login");
let job;
form.hidden = false;
$("cancel").addEventListener("click", () => job?.abort());
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  job = new AbortController();
  busy(true);
  try {
    const { nonce } = await call("GET", "/auth/challenge", undefined, job.signal);
    status("wait-login");
    const { action, ...token } = await ask("authenticate", { challengeNonce: nonce }, job.signal);
    status("checking");
    const answer = await call("POST", "/auth/login", { token, return: form.dataset.return }, job.signal);
    location.assign(answer.return);
  } catch (error) {
    trouble(error);
    busy(false);
  }
});

function busy(on) {
  $("login-button").disabled = on;
  $("cancel").hidden = !on;
}
