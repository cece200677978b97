"use strict";
// Runs at the start of every Node under `notify-mock exec`. Before version 24, `fetch` and `https` go by no proxy
// variable; here they do. Newer versions do so by themselves, with NODE_USE_ENV_PROXY.

const major = Number(process.versions.node.split(".")[0]);
const proxy = process.env.HTTPS_PROXY || process.env.HTTP_PROXY;
const isBuiltIn = process.allowedNodeEnvironmentFlags.has("--use-env-proxy");

if (proxy && !isBuiltIn) {
  leadHttps();
  if (major < 24 && typeof globalThis.fetch === "function") leadFetch();
}

/** Make the default agent of `https` connect through the proxy. */
function leadHttps() {
  const https = require("node:https");
  class Agent extends https.Agent {
    createConnection(options, done) {
      connect({ ...options, hostname: options.host, protocol: "https:" }, done);
    }
  }
  https.globalAgent = new Agent(https.globalAgent.options);
}

/** Make the default agent of `fetch` connect through the proxy. Node loads that agent with the first call. */
function leadFetch() {
  const plain = globalThis.fetch;
  const key = Symbol.for("undici.globalDispatcher.1");
  let led;
  globalThis.fetch = function fetch(...given) {
    globalThis.Headers; // loads the agent
    const agent = globalThis[key];
    if (agent !== led && agent?.constructor.name === "Agent") globalThis[key] = led = new agent.constructor({ connect });
    return plain.apply(this, given);
  };
}

/** Open a connection, with TLS for https, and call `done(error, socket)`. */
function connect(options, done) {
  const { hostname, protocol } = options;
  const isSecure = protocol === "https:";
  const port = Number(options.port) || (isSecure ? 443 : 80);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isDirect(host, port)) secure(require("node:net").connect({ host, port }));
  else tunnel(host, port, secure, done);

  function secure(socket) {
    let open = socket;
    if (isSecure) {
      const servername = options.servername || (require("node:net").isIP(host) ? "" : host);
      const own = { ...options, path: undefined, socket, servername, ALPNProtocols: ["http/1.1"] };
      open = require("node:tls").connect(own);
    }
    const failed = (error) => done(error);
    open.once("error", failed);
    const opened = () => {
      open.off("error", failed);
      done(null, open);
    };
    if (isSecure || socket.connecting) open.once(isSecure ? "secureConnect" : "connect", opened);
    else opened();
  }
}

/** Ask the proxy for a tunnel, and call `opened` with its socket, or `failed` with the proxy's reason. */
function tunnel(host, port, opened, failed) {
  const { hostname, port: proxyPort } = new URL(proxy);
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const request = require("node:http").request({
    host: hostname.replace(/^\[|\]$/g, ""),
    port: proxyPort,
    method: "CONNECT",
    path: authority,
    headers: { host: authority },
    agent: false,
  });
  request.once("error", failed);
  request.once("connect", (response, socket) => {
    if (response.statusCode === 200) return opened(socket);
    socket.destroy();
    failed(new Error(`notify-mock: ${response.statusCode} ${response.statusMessage}`));
  });
  request.end();
}

/** Whether NO_PROXY names the host. */
function isDirect(host, port) {
  const entries = (process.env.NO_PROXY || process.env.no_proxy || "").toLowerCase().split(/[\s,]+/);
  const name = host.toLowerCase();
  return entries.filter(Boolean).some((entry) => {
    const [, rule, only] = /^\*?(.*?)(?::(\d+))?$/.exec(entry.includes("::") ? `${entry}:${port}` : entry);
    const isNamed = name === rule.replace(/^\./, "") || name.endsWith(rule.startsWith(".") ? rule : `.${rule}`);
    return isNamed && (!only || Number(only) === port);
  });
}
