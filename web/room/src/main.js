// Wires the machine to the browser: events in, effects out.
import { configFrom, identityOf } from "./config.js";
import { initial, step } from "./machine.js";
import { kindsOf, muteStream, openDevices, stopStream } from "./media.js";
import { Phone } from "./phone.js";
import { compare, sampleOf } from "./quality.js";
import { View } from "./view.js";

/** @typedef {import("./machine.js").Effect} Effect */
/** @typedef {import("./config.js").Config} Config */

const TICK_MS = 500;
const SAMPLE_MS = 2000;
const FETCH_MS = 10_000;

let state = initial(Date.now());
/** @type {Config | null} */
let config = null;
/** @type {Phone | null} */
let phone = null;
/** @type {MediaStream | null} */
let stream = null;
/** @type {{call: number, sample: import("./quality.js").Sample} | null} */
let reading = null;

const own = /** @type {HTMLVideoElement} */ (document.getElementById("own"));
const room = /** @type {HTMLVideoElement} */ (document.getElementById("picture"));
const view = new View(document, "vi");

/** @param {any} happening an event without its time */
function tell(happening) {
  const next = step(state, { ...happening, at: Date.now() });
  state = next.state;
  for (const effect of next.effects) perform(effect);
  draw();
}

function draw() {
  const place = config ?? { lang: "vi", name: "", room_name: "" };
  view.show(state, place, Date.now());
  publish();
}

/** @param {Effect} effect */
function perform(effect) {
  switch (effect.do) {
    case "load_config":
      return void loadConfig();
    case "open_devices":
      return void lookForDevices();
    case "connect":
      return phone?.connect();
    case "register":
      return phone?.register();
    case "dial":
      return phone?.dial(effect.call, stream);
    case "hang_up":
      return phone?.hangUp(effect.call);
    case "mute":
      return muteStream(stream, effect.on);
    case "send_keys":
      return phone?.sendKeys(effect.call, effect.keys);
  }
}

async function loadConfig() {
  const identity = identityOf(location.hash);
  if (!identity) return tell({ type: "config_failed", reason: "unconfigured", detail: "#site, #secret" });
  const file = `sites/${identity.extension}.json`;
  try {
    const answer = await fetch(file, { cache: "no-store", signal: AbortSignal.timeout(FETCH_MS) });
    if (!answer.ok) throw new Error(String(answer.status));
    config = configFrom(await answer.json(), identity, location.host);
  } catch (error) {
    return tell({ type: "config_failed", reason: "config", detail: `${file}: ${/** @type {Error} */ (error).message}` });
  }
  phone = new Phone(config, tell, showRoom);
  // The machine's state is shown to whoever looks; the secret stays out of it.
  const { extension, joins_muted, request_key } = config;
  tell({ type: "config", config: { extension, joins_muted, request_key } });
}

async function lookForDevices() {
  const found = await openDevices(config?.call_kbps ?? 0);
  const [had, has] = [kindsOf(stream), kindsOf(found)];
  if (had.audio === has.audio && had.video === has.video) {
    // The call goes on with what it has.
    stopStream(found);
  } else {
    stopStream(stream);
    stream = found;
    muteStream(stream, state.own_muted);
    for (const track of stream?.getTracks() ?? []) track.addEventListener("ended", changed);
    own.srcObject = stream;
  }
  tell({ type: "devices", devices: has });
}

function changed() {
  tell({ type: "devices_changed" });
}

/** @param {MediaStream} received */
function showRoom(received) {
  if (room.srcObject !== received) room.srcObject = received;
}

async function measure() {
  const peer = phone?.peer;
  const call = phone?.call ?? 0;
  if (!peer || call === 0 || state.phase !== "in_room") {
    reading = null;
    return;
  }
  const report = await peer.getStats();
  const sample = sampleOf(report.values(), Date.now());
  if (reading?.call === call) tell({ type: "quality", call, quality: compare(reading.sample, sample) });
  reading = { call, sample };
}

/** For tests and for a technician at the machine: everything but the secret. */
function publish() {
  const { calls, redials, failures, phase, media, quality } = state;
  const stats = { calls, redials, failures, phase, media, quality };
  Object.assign(window, { hntt: { state, stats, peer: phone?.peer ?? null } });
}

function listen() {
  addEventListener("keydown", (event) => {
    event.preventDefault();
    if (!event.repeat) tell({ type: "key", key: event.key });
  });
  for (const name of ["contextmenu", "dragstart", "drop", "dragover", "wheel"]) {
    addEventListener(name, (event) => event.preventDefault(), { passive: false });
  }
  // The room is told at once instead of finding out by silence.
  addEventListener("pagehide", () => phone?.hangUp(state.call));
  navigator.mediaDevices?.addEventListener("devicechange", changed);
}

listen();
setInterval(() => tell({ type: "tick" }), TICK_MS);
setInterval(() => void measure(), SAMPLE_MS);
tell({ type: "start" });
