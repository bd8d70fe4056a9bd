// What a site's PC has to know: the public part from the server, the secret from the PC itself.

/**
 * @typedef {object} Config
 * @property {string} extension the PC's own number
 * @property {string} secret its SIP password; comes from the PC, never from the server
 * @property {string} uri SIP address of the PC
 * @property {string} server WebSocket address of the MCU
 * @property {string} room number that is dialled
 * @property {string} room_name shown
 * @property {string} name the site's name, shown and sent as display name
 * @property {number} call_kbps rate of the whole call, audio included, in kbit/s
 * @property {boolean} joins_muted whether the room mutes this site when it joins
 * @property {string | null} request_key DTMF sent when the site asks to speak; null: the page shows it only
 * @property {"vi" | "en"} lang
 */

/** @typedef {{extension: string, secret: string}} Identity */

const AUDIO_KBPS = 64;

/**
 * The identity in the page's fragment, `#site=<extension>&secret=<password>`; null when there is none. A fragment
 * is not sent to any server.
 * @param {string} fragment with or without its leading #
 * @returns {Identity | null}
 */
export function identityOf(fragment) {
  const values = new URLSearchParams(fragment.replace(/^#/, ""));
  const extension = values.get("site") ?? "";
  const secret = values.get("secret") ?? "";
  return /^\d{3,10}$/.test(extension) && secret !== "" ? { extension, secret } : null;
}

/**
 * The configuration out of a site's file and the PC's identity. Throws an Error that names the first wrong field.
 * @param {unknown} raw parsed `sites/<extension>.json`
 * @param {Identity} identity
 * @param {string} host host and port of the page, the MCU unless the file names another one
 * @returns {Config}
 */
export function configFrom(raw, identity, host) {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) throw new Error("not an object");
  const given = /** @type {Record<string, unknown>} */ (raw);
  const server = text(given, "server", /^wss?:\/\//, `wss://${host}/ws`);
  const rate = given.call_kbps;
  if (typeof rate !== "number" || !(rate >= 128 && rate <= 8000)) throw new Error("call_kbps");
  return {
    ...identity,
    server,
    uri: text(given, "uri", /^sip:[^@\s]+@\S+$/, `sip:${identity.extension}@${new URL(server).hostname}`),
    room: text(given, "room", /^\d+$/),
    room_name: text(given, "room_name", /\S/),
    name: text(given, "name", /\S/),
    call_kbps: rate,
    joins_muted: flag(given, "joins_muted", true),
    request_key: given.request_key == null ? null : text(given, "request_key", /^[0-9*#]{1,4}$/),
    lang: given.lang === "en" ? "en" : "vi",
  };
}

/**
 * The picture a call of this rate can carry, and the limit for its encoder in bit/s.
 * @param {number} callKbps rate of the whole call in kbit/s
 */
export function pictureFor(callKbps) {
  const maxBitrate = (callKbps - AUDIO_KBPS) * 1000;
  if (callKbps < 512) return { width: 640, height: 360, frameRate: 15, maxBitrate };
  if (callKbps < 1152) return { width: 640, height: 360, frameRate: 30, maxBitrate };
  return { width: 1280, height: 720, frameRate: callKbps < 1600 ? 15 : 30, maxBitrate };
}

/**
 * @param {Record<string, unknown>} given
 * @param {string} key
 * @param {RegExp} shape
 * @param {string} [fallback]
 */
function text(given, key, shape, fallback) {
  const value = given[key] ?? fallback;
  if (typeof value !== "string" || !shape.test(value)) throw new Error(key);
  return value;
}

/**
 * @param {Record<string, unknown>} given
 * @param {string} key
 * @param {boolean} fallback
 */
function flag(given, key, fallback) {
  const value = given[key] ?? fallback;
  if (typeof value !== "boolean") throw new Error(key);
  return value;
}
