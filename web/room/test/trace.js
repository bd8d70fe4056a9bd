// A recorded sequence of events as text: what each changed in the state, and what it made the page do.
import { initial, step } from "../src/machine.js";

export const CONFIG = { extension: "403852", joins_muted: true, request_key: "1" };
const GOOD = { word: "good", in_kbps: 700, out_kbps: 690, loss_percent: 0, inbound: true, frames: 30 };
const DEAD = { word: "lost", in_kbps: 0, out_kbps: 690, loss_percent: 0, inbound: false, frames: 0 };
const BOTH = { audio: true, video: true };

/** Sequences that cases begin with; seconds and events. */
export const PRELUDES = {
  none: [],
  registered: [
    [0, { type: "start" }],
    [0.1, { type: "config", config: CONFIG }],
    [0.5, { type: "devices", devices: BOTH }],
    [0.7, { type: "link_up" }],
    [0.8, { type: "registered" }],
  ],
  in_room: [
    [0, { type: "start" }],
    [0.1, { type: "config", config: CONFIG }],
    [0.5, { type: "devices", devices: BOTH }],
    [0.7, { type: "link_up" }],
    [0.8, { type: "registered" }],
    [1.5, { type: "accepted", call: 1 }],
    [3.5, { type: "quality", call: 1, quality: GOOD }],
  ],
};

/** @param {any} event */
function written(event) {
  if (event.quality === "good") return { ...event, quality: GOOD };
  if (event.quality === "dead") return { ...event, quality: DEAD };
  return event;
}

/**
 * @param {{prelude: keyof typeof PRELUDES, events: [number, any][]}} sequence
 * @returns {string}
 */
export function trace({ prelude, events }) {
  let state = initial(0);
  const lines = [];
  for (const [seconds, event] of PRELUDES[prelude]) {
    state = step(state, { ...event, at: seconds * 1000 }).state;
  }
  lines.push(`after ${prelude}: ${state.phase}, call ${state.call}`);
  for (const [seconds, event] of events) {
    const { type, ...rest } = event;
    lines.push("", `${seconds} s: ${type}${Object.keys(rest).length ? ` ${JSON.stringify(rest)}` : ""}`);
    const next = step(state, { ...written(event), at: seconds * 1000 });
    lines.push(...changes(state, next.state), ...next.effects.map(effectLine));
    state = next.state;
  }
  return `${lines.join("\n")}\n`;
}

/** @param {Record<string, any>} before @param {Record<string, any>} after */
function changes(before, after) {
  return Object.keys(after)
    .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .map((key) => `  ${key}: ${JSON.stringify(before[key])} -> ${JSON.stringify(after[key])}`);
}

/** @param {any} effect */
function effectLine({ do: what, ...rest }) {
  return `  DO ${what}${Object.keys(rest).length ? ` ${JSON.stringify(rest)}` : ""}`;
}
