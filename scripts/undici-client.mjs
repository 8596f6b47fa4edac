// What the functions use of undici, without the rest of it: its index.js loads fetch, WebSocket, caches and mocks too, which costs the
// bundle 240 KB. build.mjs puts this in undici's place; should src/ import a name that is not here, or undici move a file, the build fails.
import connect from "undici/lib/api/api-connect.js";
import Dispatcher from "undici/lib/dispatcher/dispatcher.js";

export { default as buildConnector } from "undici/lib/core/connect.js";
export { default as errors } from "undici/lib/core/errors.js";
export { default as Agent } from "undici/lib/dispatcher/agent.js";
export { default as EnvHttpProxyAgent } from "undici/lib/dispatcher/env-http-proxy-agent.js";
export { default as Pool } from "undici/lib/dispatcher/pool.js";

// As undici's index.js does, of the one that its agents for proxies call: src/ dispatches.
Object.assign(Dispatcher.prototype, { connect });
