// Asks the Web eID extension, by its page protocol: a message to the window,
// acknowledged at once, answered when the user has decided.
import { Failure } from "./page.js";

const user = 120_000, handshake = 5_000;

export function ask(name, fields, signal) {
  if (!window.isSecureContext) throw new Failure("context-insecure");
  const action = "web-eid:" + name;
  return new Promise((resolve, reject) => {
    let timer;
    const stop = () => end(reject, new Failure("stopped"));
    const end = (settle, value) => {
      clearTimeout(timer);
      window.removeEventListener("message", hear);
      signal.removeEventListener("abort", stop);
      settle(value);
    };
    const expire = (time, code) => {
      clearTimeout(timer);
      timer = setTimeout(() => end(reject, new Failure(code)), time);
    };
    const hear = ({ source, origin, data }) => {
      if (source !== window || origin !== location.origin) return;
      if (data?.action === action + "-ack") expire(handshake + 2 * user, "user-timeout");
      if (data?.action === action + "-success") end(resolve, data);
      if (data?.action === action + "-failure") end(reject, failure(data.error));
    };
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop);
    window.addEventListener("message", hear);
    expire(2_000, "extension-unavailable"); // it may still be loading
    const options = { lang: document.documentElement.lang, userInteractionTimeout: user };
    window.postMessage({ action, libraryVersion: "2.0.2", ...fields, options }, location.origin);
  });
}

// failure names an error of the extension's: ERR_WEBEID_USER_CANCELLED is "user-cancelled".
function failure(error) {
  const code = String(error?.code).replace(/^ERR_WEBEID_/, "").toLowerCase().replaceAll("_", "-");
  return new Failure(code, { detail: code === "user-cancelled" ? "" : error?.message });
}
