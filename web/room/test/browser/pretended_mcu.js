// An MCU's host as far as the page can see it: serves the built page and sites' files, and speaks just enough SIP over
// WebSocket to let a PC sign in (digest, checked) and to treat its calls as a test wants.
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "application/x-javascript", ".css": "text/css", ".json": "application/json" };
const REALM = "asterisk";

/** @typedef {{method: string, status: number, headers: Record<string, string[]>, body: string}} Message */

export class PretendedMcu {
  /** Every request received, in order. @type {Message[]} */ requests = [];
  /** What a call gets: an SIP status, "silence", or a function from offer to answer. */
  /** @type {number | "silence" | ((offer: string) => Promise<string>)} */ treat = 480;
  /** @type {Record<string, object>} */ sites = {};
  /** @type {Record<string, string>} */ secrets = {};
  /** @type {Set<import("ws").WebSocket>} */ sockets = new Set();
  /** The last accepted call's dialog, to speak inside it. @type {any} */ dialog = null;
  signInWith = 0;

  async start() {
    this.http = createServer((request, response) => void this.#serve(request, response));
    this.ws = new WebSocketServer({ server: this.http, path: "/ws", handleProtocols: () => "sip" });
    this.ws.on("connection", (socket) => this.#meet(socket));
    await this.listen(0);
    return this;
  }

  /** @param {number} port */
  async listen(port) {
    await new Promise((resolve) => this.http.listen(port, "127.0.0.1", () => resolve(null)));
    this.port = /** @type {import("node:net").AddressInfo} */ (this.http.address()).port;
  }

  async stop() {
    for (const socket of this.sockets) socket.terminate();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  /** Drop all signalling connections, as a restarted server or a cut line does. */
  dropConnections() {
    for (const socket of this.sockets) socket.terminate();
  }

  /** @param {string} method */
  seen(method) {
    return this.requests.filter((request) => request.method === method);
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async #serve(request, response) {
    const name = new URL(request.url ?? "/", "http://x").pathname;
    const site = /^\/room\/sites\/(\d+)\.json$/.exec(name);
    try {
      const body = site ? this.#siteFile(site[1]) : await readFile(path.join(DIST, path.basename(name)));
      response.writeHead(200, { "content-type": TYPES[/** @type {".js"} */ (path.extname(name))] ?? "text/plain" });
      response.end(body);
    } catch {
      response.writeHead(404);
      response.end();
    }
  }

  /** @param {string} extension */
  #siteFile(extension) {
    const site = this.sites[extension];
    if (!site) throw new Error("no such site");
    return JSON.stringify({ server: `ws://127.0.0.1:${this.port}/ws`, ...site });
  }

  /** @param {import("ws").WebSocket} socket */
  #meet(socket) {
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("message", (data) => void this.#hear(socket, String(data)));
  }

  /** @param {import("ws").WebSocket} socket @param {string} text */
  async #hear(socket, text) {
    if (text.trim() === "") return;
    const message = parse(text);
    this.requests.push(message);
    if (message.status) return;
    if (message.method === "REGISTER") this.#signIn(socket, message);
    else if (message.method === "INVITE") await this.#call(socket, message);
    else if (message.method !== "ACK") answer(socket, message, 200);
  }

  /** @param {import("ws").WebSocket} socket @param {Message} request */
  #signIn(socket, request) {
    if (this.signInWith) return answer(socket, request, this.signInWith);
    const given = request.headers.authorization?.[0];
    if (!given) return this.#challenge(socket, request);
    if (!this.#proves(given, "REGISTER")) return answer(socket, request, 403);
    return answer(socket, request, 200, [`Contact: ${request.headers.contact[0]}`]);
  }

  /** @param {import("ws").WebSocket} socket @param {Message} request */
  #challenge(socket, request) {
    const nonce = randomBytes(8).toString("hex");
    answer(socket, request, 401, [`WWW-Authenticate: Digest realm="${REALM}",nonce="${nonce}",algorithm=MD5,qop="auth"`]);
  }

  /** @param {string} header @param {string} method */
  #proves(header, method) {
    /** @param {string} name */
    const field = (name) => new RegExp(`\\b${name}="?([^",]*)"?`).exec(header)?.[1] ?? "";
    const user = field("username");
    const one = md5(`${user}:${REALM}:${this.secrets[user]}`);
    const two = md5(`${method}:${field("uri")}`);
    const wanted = md5([one, field("nonce"), field("nc"), field("cnonce"), field("qop"), two].join(":"));
    return field("response") === wanted;
  }

  /** @param {import("ws").WebSocket} socket @param {Message} request */
  async #call(socket, request) {
    answer(socket, request, 100);
    if (this.treat === "silence") return;
    if (typeof this.treat === "number") return answer(socket, request, this.treat);
    const tag = randomBytes(4).toString("hex");
    const sdp = await this.treat(request.body);
    const contact = `Contact: <sip:room@127.0.0.1:${this.port};transport=ws>`;
    this.dialog = { socket, request, tag, sequence: 100 };
    answer(socket, request, 200, [contact, "Content-Type: application/sdp"], sdp, tag);
  }

  /**
   * Send a request inside the last accepted call.
   * @param {string} method
   * @param {string[]} [headers]
   * @param {string} [body]
   */
  within(method, headers = [], body = "") {
    const { socket, request, tag } = this.dialog;
    this.dialog.sequence += 1;
    const [from, to] = [request.headers.to[0], request.headers.from[0]];
    const target = /<([^>]+)>/.exec(request.headers.contact[0])?.[1];
    send(socket, `${method} ${target} SIP/2.0`, [
      `Via: SIP/2.0/WS 127.0.0.1:${this.port};branch=z9hG4bK${randomBytes(6).toString("hex")}`,
      "Max-Forwards: 70",
      `From: ${from};tag=${tag}`,
      `To: ${to}`,
      `Call-ID: ${request.headers["call-id"][0]}`,
      `CSeq: ${this.dialog.sequence} ${method}`,
      ...headers,
    ], body);
  }

  /** An event of the room, as ConfBridge tells it. @param {string} type @param {object[]} channels */
  roomEvent(type, channels) {
    const body = JSON.stringify({ type, bridge: { id: "2006" }, channels });
    this.within("MESSAGE", ["Content-Type: application/x-asterisk-confbridge-event+json"], body);
  }
}

/** @param {string} text */
function md5(text) {
  return createHash("md5").update(text).digest("hex");
}

/** @param {string} text @returns {Message} */
function parse(text) {
  const end = text.indexOf("\r\n\r\n");
  const [first, ...lines] = text.slice(0, end).split("\r\n");
  /** @type {Record<string, string[]>} */
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    (headers[line.slice(0, colon).trim().toLowerCase()] ??= []).push(line.slice(colon + 1).trim());
  }
  const status = first.startsWith("SIP/2.0 ") ? Number(first.split(" ")[1]) : 0;
  return { method: status ? "" : first.split(" ")[0], status, headers, body: text.slice(end + 4) };
}

/**
 * @param {import("ws").WebSocket} socket
 * @param {Message} request
 * @param {number} status
 * @param {string[]} [headers]
 * @param {string} [body]
 * @param {string} [tag]
 */
function answer(socket, request, status, headers = [], body = "", tag = "1") {
  const { via, from, to, cseq } = request.headers;
  const lines = [...via.map((value) => `Via: ${value}`), `From: ${from[0]}`];
  lines.push(`To: ${to[0]}${status === 100 || to[0].includes(";tag=") ? "" : `;tag=${tag}`}`);
  lines.push(`Call-ID: ${request.headers["call-id"][0]}`, `CSeq: ${cseq[0]}`, ...headers);
  send(socket, `SIP/2.0 ${status} Pretended`, lines, body);
}

/** @param {import("ws").WebSocket} socket @param {string} first @param {string[]} headers @param {string} body */
function send(socket, first, headers, body) {
  const text = [first, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, "", body].join("\r\n");
  if (socket.readyState === socket.OPEN) socket.send(text);
}
