// Carries the page's requests to the background and its answers back. The port
// goes away with the page, so that the background knows; pagehide tells it of
// pages that a browser keeps for the way back.
const actions = ["status", "authenticate", "get-signing-certificate", "sign"].map((a) => "web-eid:" + a);

window.addEventListener("message", (event) => {
  const action = event.data?.action;
  if (event.source !== window || !actions.includes(action)) return;
  const answer = (message) => window.postMessage(message, event.origin);
  if (!window.isSecureContext) {
    answer({ action: action + "-failure", error: { code: "ERR_WEBEID_CONTEXT_INSECURE", message: "not https" } });
    return;
  }
  answer({ action: action + "-ack" });
  const background = chrome.runtime.connect();
  background.onMessage.addListener((message) => {
    answer(message);
    background.disconnect();
  });
  window.addEventListener("pagehide", () => background.disconnect(), { once: true });
  background.postMessage(event.data);
});
