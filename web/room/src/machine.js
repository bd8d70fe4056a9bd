// What the page is doing and does next: no browser, no clock, no SIP in here. An event and the state before give the
// state after and the effects that somebody else carries out.
import { delayFor, reasonOfEnd, reasonOfFailure, spreadOf } from "./causes.js";

/** @typedef {import("./causes.js").Reason} Reason */
/** @typedef {import("./room_events.js").Person} Person */
/** @typedef {import("./room_events.js").RoomEvent} RoomEvent */
/** @typedef {import("./quality.js").Quality} Quality */
/** @typedef {{audio: boolean, video: boolean}} Devices */
/** @typedef {"preparing" | "connecting" | "registering" | "waiting" | "calling" | "in_room"} Phase */

/** @typedef {Pick<import("./config.js").Config, "extension" | "joins_muted" | "request_key">} MachineConfig */

/**
 * @typedef {object} State
 * @property {Phase} phase
 * @property {number} since when the phase began; milliseconds, as all times
 * @property {MachineConfig | null} config
 * @property {Devices | null} devices null until they were looked for
 * @property {number | null} look_again when to look for a missing device
 * @property {Devices | null} used what the present call was made with
 * @property {"down" | "up" | "registered"} link to the server
 * @property {boolean} link_was_lost since the present call began
 * @property {number} call serial number of the last call; events of older ones are ignored
 * @property {"none" | "pending" | "flowing"} media
 * @property {number} last_inbound
 * @property {Reason | null} reason why it waits
 * @property {string} detail of the reason, for the technician
 * @property {number | null} next_try
 * @property {number} failures in a row
 * @property {number} redials calls given up for a fault and made again, since the page was loaded
 * @property {number} calls made since the page was loaded
 * @property {boolean} room_muted
 * @property {boolean} own_muted
 * @property {boolean} hand whether the site asks to speak
 * @property {Person[]} people in the room
 * @property {Person[]} talkers
 * @property {Person | null} last_talker
 * @property {{text: string, until: number} | null} message
 * @property {Quality | null} quality
 * @property {boolean} help
 */

/**
 * @typedef {{do: "load_config"} | {do: "open_devices"} | {do: "connect"} | {do: "register"}
 *   | {do: "dial", call: number} | {do: "hang_up", call: number}
 *   | {do: "mute", on: boolean} | {do: "send_keys", call: number, keys: string}} Effect
 */

/**
 * @typedef {{at: number} & ({type: "start"} | {type: "config", config: MachineConfig}
 *   | {type: "config_failed", reason: "config" | "unconfigured", detail: string}
 *   | {type: "devices", devices: Devices} | {type: "devices_changed"}
 *   | {type: "link_up"} | {type: "link_down"} | {type: "registered"} | {type: "register_failed", status: number | null}
 *   | {type: "accepted", call: number} | {type: "failed", call: number, status: number | null}
 *   | {type: "ended", call: number, q850: number | null} | {type: "ice_failed", call: number}
 *   | {type: "quality", call: number, quality: Quality} | {type: "room", call: number, event: RoomEvent}
 *   | {type: "message", text: string} | {type: "key", key: string} | {type: "tick"})} Event
 */

/** Milliseconds after which things are given up. */
export const LIMITS = {
  answer: 30_000,
  first_media: 10_000,
  no_media: 12_000,
  // A system tries a connection that nobody answers ever more rarely, so it is begun anew before that.
  connecting: 8_000,
  registering: 40_000,
  message: 30_000,
  devices: 20_000,
  look_again: 30_000,
  register_again: 30_000,
};

/** @param {number} at @returns {State} */
export function initial(at) {
  return {
    phase: "preparing",
    since: at,
    config: null,
    devices: null,
    look_again: null,
    used: null,
    link: "down",
    link_was_lost: false,
    call: 0,
    reason: null,
    detail: "",
    next_try: null,
    failures: 0,
    redials: 0,
    calls: 0,
    own_muted: false,
    message: null,
    help: false,
    ...NO_ROOM,
  };
}

/** What is only true within a call. @type {Pick<State, "media" | "last_inbound" | "room_muted" | "hand" | "people" | "talkers" | "last_talker" | "quality">} */
const NO_ROOM = {
  media: "none",
  last_inbound: 0,
  room_muted: false,
  hand: false,
  people: [],
  talkers: [],
  last_talker: null,
  quality: null,
};

/** @typedef {[State, ...Effect[]]} Step */

/**
 * @param {State} state
 * @param {Event} event
 * @returns {{state: State, effects: Effect[]}}
 */
export function step(state, event) {
  if ("call" in event && event.call !== state.call) return { state, effects: [] };
  const [next, ...effects] = react(state, event);
  return { state: next, effects };
}

/** @param {State} state @param {Event} event @returns {Step} */
function react(state, event) {
  switch (event.type) {
    case "start":
      return [state, { do: "load_config" }];
    case "config":
      return [{ ...enter(state, event.at, "preparing"), config: event.config, failures: 0 }, { do: "open_devices" }];
    case "config_failed":
      return wait(state, event.at, event.reason, event.detail);
    case "devices":
      return onDevices(state, event);
    case "devices_changed":
      return state.config ? [state, { do: "open_devices" }] : [state];
    case "link_up":
      return inCall(state) ? [{ ...state, link: "up" }] : [enter({ ...state, link: "up" }, event.at, "registering")];
    case "link_down":
      return onLinkDown(state, event.at);
    case "registered":
      return onRegistered(state, event.at);
    case "register_failed":
      return onRegisterFailed(state, event);
    case "accepted":
      return state.phase === "calling" ? [{ ...enter(state, event.at, "in_room"), media: "pending" }] : [state];
    case "failed":
      return inCall(state) ? onFailed(state, event) : [state];
    case "ended":
      return inCall(state) ? wait(state, event.at, reasonOfEnd(event.q850), String(event.q850 ?? "")) : [state];
    case "ice_failed":
      return inCall(state) ? redial(state, event.at, "no_media") : [state];
    case "quality":
      return [onQuality(state, event)];
    case "room":
      return [onRoom(state, event.event)];
    case "message":
      return [{ ...state, message: { text: event.text, until: event.at + LIMITS.message } }];
    case "key":
      return onKey(state, event);
    case "tick":
      return onTick(state, event.at);
  }
}

/** @param {State} state */
function inCall(state) {
  return state.phase === "calling" || state.phase === "in_room";
}

/** @param {State} state @param {number} at @param {Phase} phase @returns {State} */
function enter(state, at, phase) {
  return { ...state, phase, since: at, next_try: null };
}

/**
 * Leave whatever was and wait for the next try.
 * @param {State} state
 * @param {number} at
 * @param {Reason} reason
 * @param {string} [detail]
 * @returns {[State]}
 */
function wait(state, at, reason, detail = "") {
  const failures = state.failures + 1;
  const delay = delayFor(reason, failures, spreadOf(state.config?.extension ?? ""));
  const waiting = enter({ ...state, ...NO_ROOM, reason, detail, failures }, at, "waiting");
  return [{ ...waiting, next_try: at + delay }];
}

/**
 * Give the present call up and make it again. Counted when a fault made it necessary, since that should be rare.
 * @param {State} state
 * @param {number} at
 * @param {Reason} reason
 * @returns {Step}
 */
function redial(state, at, reason) {
  const fault = reason !== "operator" && reason !== "devices";
  // Where no picture and sound come through, signalling hardly does: a new connection finds out sooner than an old one.
  const link = fault && reason !== "signalling" ? "down" : state.link;
  const [waiting] = wait({ ...state, link, redials: state.redials + (fault ? 1 : 0) }, at, reason);
  return [waiting, { do: "hang_up", call: state.call }];
}

/** @param {State} state @param {number} at @returns {Step} */
function dial(state, at) {
  const call = state.call + 1;
  const muted = state.config?.joins_muted ?? false;
  const calling = enter({ ...state, ...NO_ROOM, room_muted: muted }, at, "calling");
  const made = { ...calling, call, calls: state.calls + 1, used: state.devices, link_was_lost: false };
  return [made, { do: "dial", call }, { do: "mute", on: state.own_muted }];
}

/** The next thing to try, as far as things have come. @param {State} state @param {number} at @returns {Step} */
function attempt(state, at) {
  if (!state.config) return [{ ...state, next_try: null }, { do: "load_config" }];
  if (state.link === "registered") return dial(state, at);
  if (state.link === "up") return [enter(state, at, "registering"), { do: "register" }];
  return [enter(state, at, "connecting"), { do: "connect" }];
}

/** @param {State} state @param {{at: number, devices: Devices}} event @returns {Step} */
function onDevices(state, event) {
  const complete = event.devices.audio && event.devices.video;
  const next = { ...state, devices: event.devices, look_again: complete ? null : event.at + LIMITS.look_again };
  if (state.phase === "preparing" || state.config === null || state.devices === null) return attempt(next, event.at);
  const used = state.used;
  const changed = used && (used.audio !== event.devices.audio || used.video !== event.devices.video);
  return inCall(state) && changed ? redial(next, event.at, "devices") : [next];
}

/** @param {State} state @param {{at: number, status: number | null}} event @returns {Step} */
function onFailed(state, event) {
  // No answer of any kind: the connection is dead though nobody closed it, so the next try makes a new one.
  /** @type {State} */
  const next = event.status === null ? { ...state, link: "down" } : state;
  return wait(next, event.at, reasonOfFailure(event.status), String(event.status ?? ""));
}

/** @param {State} state @param {number} at @returns {Step} */
function onLinkDown(state, at) {
  /** @type {State} */
  const next = { ...state, link: "down" };
  // The SIP library tries by itself as well; what fails there must not put off the next try of ours.
  if (state.phase === "waiting" && state.link === "down") return [state];
  // Picture and sound do not go through the signalling connection: as long as they flow, the meeting goes on.
  if (state.phase === "in_room") return [{ ...next, link_was_lost: true }];
  return wait(next, at, "network");
}

/** @param {State} state @param {number} at @returns {Step} */
function onRegistered(state, at) {
  /** @type {State} */
  const next = { ...state, link: "registered" };
  // The server can no longer reach the old call's address, so its next refresh would end the call anyway.
  if (inCall(state)) return state.link_was_lost ? redial(next, at, "signalling") : [next];
  return dial(next, at);
}

/** @param {State} state @param {{at: number, status: number | null}} event @returns {Step} */
function onRegisterFailed(state, event) {
  const refused = event.status !== null && event.status >= 400 && event.status < 500 && event.status !== 408;
  // Without any answer the connection itself is dead, whatever the socket says.
  /** @type {State} */
  const next = { ...state, link: event.status === null ? "down" : "up" };
  if (inCall(state)) return [{ ...next, next_try: event.at + LIMITS.register_again }];
  return wait(next, event.at, refused ? "registration" : "network", String(event.status ?? ""));
}

/** @param {State} state @param {{at: number, quality: Quality}} event @returns {State} */
function onQuality(state, event) {
  if (state.phase !== "in_room") return state;
  const next = { ...state, quality: event.quality };
  if (!event.quality.inbound) return next;
  return { ...next, media: "flowing", last_inbound: event.at, failures: 0, reason: null };
}

/** @param {State} state @param {RoomEvent} event @returns {State} */
function onRoom(state, event) {
  switch (event.type) {
    case "room_mute":
      return { ...state, room_muted: event.muted, hand: state.hand && event.muted };
    case "present":
      return { ...state, people: event.people };
    case "joined":
      return { ...state, people: [...without(state.people, event.person), event.person] };
    case "left":
      return {
        ...state,
        people: without(state.people, event.person),
        talkers: without(state.talkers, event.person),
      };
    case "talking": {
      const others = without(state.talkers, event.person);
      if (!event.on) return { ...state, talkers: others };
      return { ...state, talkers: [...others, event.person], last_talker: event.person };
    }
  }
}

/** @param {Person[]} people @param {Person} person */
function without(people, person) {
  return people.filter((other) => other.id !== person.id);
}

/** @param {State} state @param {{at: number, key: string}} event @returns {Step} */
function onKey(state, event) {
  switch (event.key.toLowerCase()) {
    case "m":
      return state.phase === "in_room" && state.room_muted ? askToSpeak(state) : toggleMute(state);
    case "r":
      return reconnect(state, event.at);
    case "f1":
      return [{ ...state, help: !state.help }];
    default:
      return [state];
  }
}

/** @param {State} state @returns {Step} */
function askToSpeak(state) {
  const keys = state.config?.request_key;
  if (!keys) return [state];
  return [{ ...state, hand: !state.hand }, { do: "send_keys", call: state.call, keys }];
}

/** @param {State} state @returns {Step} */
function toggleMute(state) {
  return [{ ...state, own_muted: !state.own_muted }, { do: "mute", on: !state.own_muted }];
}

/** @param {State} state @param {number} at @returns {Step} */
function reconnect(state, at) {
  if (!state.config) return [state, { do: "load_config" }];
  const fresh = { ...state, failures: 0 };
  return inCall(state) ? redial(fresh, at, "operator") : wait(fresh, at, "operator");
}

/** @param {State} state @param {number} at @returns {Step} */
function onTick(state, at) {
  const expired = state.message !== null && at >= state.message.until;
  const looking = state.look_again !== null && at >= state.look_again;
  const current = {
    ...state,
    message: expired ? null : state.message,
    look_again: looking ? at + LIMITS.look_again : state.look_again,
  };
  const [next, ...effects] = onDeadline(current, at);
  return looking ? [next, ...effects, { do: "open_devices" }] : [next, ...effects];
}

/** @param {State} state @param {number} at @returns {Step} */
function onDeadline(state, at) {
  const age = at - state.since;
  switch (state.phase) {
    case "preparing":
      // A camera portal that never answers must not keep the site out of the room.
      return state.config && age >= LIMITS.devices ? attempt({ ...state, devices: NO_DEVICES }, at) : [state];
    case "waiting":
      return state.next_try !== null && at >= state.next_try ? attempt(state, at) : [state];
    case "connecting":
      return age >= LIMITS.connecting ? wait({ ...state, link: "down" }, at, "network") : [state];
    case "registering":
      return age >= LIMITS.registering ? wait({ ...state, link: "down" }, at, "network") : [state];
    case "calling":
      if (age < LIMITS.answer) return [state];
      return [...wait({ ...state, link: "down" }, at, "no_answer"), { do: "hang_up", call: state.call }];
    case "in_room":
      if (state.next_try !== null && at >= state.next_try) return [{ ...state, next_try: null }, { do: "register" }];
      if (state.media === "pending") return age >= LIMITS.first_media ? redial(state, at, "no_media") : [state];
      return at - state.last_inbound >= LIMITS.no_media ? redial(state, at, "stalled") : [state];
  }
}

/** @type {Devices} */
const NO_DEVICES = { audio: false, video: false };
