// From two readings of the browser's counters to rates, loss and one word about the line.

/**
 * @typedef {object} Sample counters since the call began
 * @property {number} at milliseconds
 * @property {number} packets_in audio and video
 * @property {number} lost_in
 * @property {number} audio_in audio packets alone
 * @property {number} bytes_in
 * @property {number} bytes_out
 * @property {number} frames_in pictures decoded
 * @property {number} loss_out share of our packets the room reports as lost, 0 to 1
 * @property {number | null} rtt_ms
 */

/**
 * @typedef {object} Quality
 * @property {"good" | "weak" | "lost"} word
 * @property {number} in_kbps
 * @property {number} out_kbps
 * @property {number} loss_percent the worse of both directions
 * @property {boolean} inbound whether anything arrived between the readings
 * @property {number} frames pictures decoded between the readings
 */

export const WEAK_LOSS = 0.03;
export const WEAK_RTT_MS = 600;

/**
 * @param {Sample} before
 * @param {Sample} now a later reading of the same call
 * @returns {Quality}
 */
export function compare(before, now) {
  const seconds = Math.max(now.at - before.at, 1) / 1000;
  const received = Math.max(now.packets_in - before.packets_in, 0);
  // The browser takes packets back that it had counted as lost when they come late.
  const lost = Math.max(now.lost_in - before.lost_in, 0);
  const loss = Math.max(received + lost > 0 ? lost / (received + lost) : 0, now.loss_out);
  // The room sends sound all the time, so silence on the wire is a fault also when nobody shows a picture.
  const inbound = now.audio_in > before.audio_in;
  return {
    word: wordFor(inbound, loss, now.rtt_ms),
    in_kbps: Math.round(((now.bytes_in - before.bytes_in) * 8) / seconds / 1000),
    out_kbps: Math.round(((now.bytes_out - before.bytes_out) * 8) / seconds / 1000),
    loss_percent: Math.round(loss * 100),
    inbound,
    frames: Math.max(now.frames_in - before.frames_in, 0),
  };
}

/**
 * @param {boolean} inbound
 * @param {number} loss
 * @param {number | null} rttMs
 */
function wordFor(inbound, loss, rttMs) {
  if (!inbound) return "lost";
  return loss >= WEAK_LOSS || (rttMs ?? 0) >= WEAK_RTT_MS ? "weak" : "good";
}

/**
 * The counters of a call out of the browser's report.
 * @param {Iterable<any>} entries values of an RTCStatsReport
 * @param {number} at milliseconds
 * @returns {Sample}
 */
export function sampleOf(entries, at) {
  /** @type {Sample} */
  const sample = { at, packets_in: 0, lost_in: 0, audio_in: 0, bytes_in: 0, bytes_out: 0, frames_in: 0, loss_out: 0, rtt_ms: null };
  for (const entry of entries) {
    if (entry.type === "inbound-rtp") {
      sample.packets_in += entry.packetsReceived ?? 0;
      sample.lost_in += entry.packetsLost ?? 0;
      sample.bytes_in += (entry.bytesReceived ?? 0) + (entry.headerBytesReceived ?? 0);
      sample.frames_in += entry.framesDecoded ?? 0;
      if (entry.kind === "audio") sample.audio_in += entry.packetsReceived ?? 0;
    } else if (entry.type === "outbound-rtp") {
      sample.bytes_out += (entry.bytesSent ?? 0) + (entry.headerBytesSent ?? 0);
    } else if (entry.type === "remote-inbound-rtp") {
      sample.loss_out = Math.max(sample.loss_out, entry.fractionLost ?? 0);
      if (entry.roundTripTime !== undefined) {
        sample.rtt_ms = Math.max(sample.rtt_ms ?? 0, entry.roundTripTime * 1000);
      }
    }
  }
  return sample;
}
