// Starts the native application for each request: its version first, then one
// command and one reply. The origin is the browser's word, never the page's.
chrome.runtime.onConnect.addListener((page) => {
  page.onMessage.addListener((request) => {
    const native = chrome.runtime.connectNative("eu.webeid");
    let version;
    const finish = (reply) => {
      native.disconnect();
      const failed = reply.error ? "-failure" : "-success";
      page.postMessage({ action: request.action + failed, ...reply });
    };
    page.onDisconnect.addListener(() => native.disconnect());
    native.onDisconnect.addListener(() =>
      finish({ error: { code: "ERR_WEBEID_NATIVE_UNAVAILABLE", message: chrome.runtime.lastError?.message ?? "" } }));
    native.onMessage.addListener((message) => {
      if (!version) {
        version = message.version;
        native.postMessage(command(request, page.sender.origin));
      } else if (request.action === "web-eid:status") {
        finish({ library: request.libraryVersion, extension: chrome.runtime.getManifest().version, nativeApp: version });
      } else {
        finish(message);
      }
    });
  });
});

function command(request, origin) {
  const lang = request.options?.lang ? { lang: request.options.lang } : {};
  switch (request.action) {
    case "web-eid:authenticate":
      return { command: "authenticate", arguments: { challengeNonce: request.challengeNonce, origin, ...lang } };
    case "web-eid:get-signing-certificate":
      return { command: "get-signing-certificate", arguments: { origin, ...lang } };
    case "web-eid:sign": {
      const { hash, hashFunction, certificate } = request;
      return { command: "sign", arguments: { hash, hashFunction, certificate, origin, ...lang } };
    }
    default:
      return { command: "quit", arguments: {} };
  }
}
