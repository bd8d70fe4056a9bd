// Why a call or a registration did not last, and how long to wait before the next try.

/**
 * @typedef {"config" | "unconfigured" | "network" | "registration" | "busy" | "closed" | "full" | "refused" | "ended"
 *   | "no_answer" | "no_media" | "stalled" | "signalling" | "devices" | "operator"} Reason
 */

/** Seconds until the next try after 1, 2, 3 … failures in a row. */
export const BACK_OFF = [1, 2, 4, 8, 16, 30];

/** The most of it while the server can't be reached: a line that is back should be noticed soon. */
const MOST = { network: 10, no_answer: 10, no_media: 10, stalled: 10 };

/** Seconds for what only people can change, so that 159 PCs do not storm a room that is full or shut. */
const SLOW = { unconfigured: 60, registration: 60, refused: 60, full: 30, busy: 30, closed: 15, ended: 5 };

/** Seconds for what is over at once and was nobody's failure. */
const SOON = { devices: 0.5, operator: 0.5 };

/** SIP answers to a call that mean something to people; all others are faults of the network or the server. */
const STATUS = new Map([
  [401, "refused"],
  [403, "refused"],
  [407, "refused"],
  [404, "closed"],
  [480, "closed"],
  [408, "no_answer"],
  [486, "full"],
  [503, "busy"],
  [600, "full"],
  [603, "refused"],
]);

/** Q.850 causes in the BYE of a server that answers first, to say why in words. */
const Q850 = new Map([
  [1, "closed"],
  [3, "closed"],
  [17, "full"],
  [20, "closed"],
  [21, "refused"],
  [34, "busy"],
]);

/** @param {number | null} status SIP status; null when there was no answer at all @returns {Reason} */
export function reasonOfFailure(status) {
  return /** @type {Reason} */ (STATUS.get(status ?? 0) ?? "network");
}

/** @param {number | null} q850 @returns {Reason} */
export function reasonOfEnd(q850) {
  return /** @type {Reason} */ (Q850.get(q850 ?? 0) ?? "ended");
}

/** @param {string | null} header a Reason header, RFC 3326 @returns {number | null} its Q.850 cause */
export function q850Of(header) {
  const match = /Q\.850\s*;[^,]*?cause\s*=\s*(\d+)/i.exec(header ?? "");
  return match ? Number(match[1]) : null;
}

/**
 * Milliseconds until the next try. Each PC has its own spread, up to a quarter more, so that a district that lost
 * its server does not come back in one instant.
 * @param {Reason} reason
 * @param {number} failures in a row, this one included
 * @param {number} spread 0 to 1
 */
export function delayFor(reason, failures, spread) {
  const soon = SOON[/** @type {keyof typeof SOON} */ (reason)];
  if (soon !== undefined) return soon * 1000;
  const most = MOST[/** @type {keyof typeof MOST} */ (reason)] ?? Infinity;
  const backOff = Math.min(BACK_OFF[Math.min(Math.max(failures, 1), BACK_OFF.length) - 1], most);
  const slow = SLOW[/** @type {keyof typeof SLOW} */ (reason)];
  // A meeting that ends over and over (a server that accepts and drops) is slowed down like any other failure.
  const seconds = Math.max(slow ?? 0, slow === undefined || reason === "ended" ? backOff : 0);
  return Math.round(seconds * (1 + spread / 4) * 1000);
}

/** @param {string} extension @returns {number} 0 to 1, always the same for one PC */
export function spreadOf(extension) {
  let mixed = 7;
  for (const sign of extension) mixed = (mixed * 31 + sign.charCodeAt(0)) % 997;
  return mixed / 997;
}
