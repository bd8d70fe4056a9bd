// Puts the machine's state on the screen. Reads nothing back.
import { say } from "./texts.js";

/** @typedef {import("./machine.js").State} State */
/** @typedef {{lang: string, name: string, room_name: string}} Place what the screen says of the site */

const LOCALE = { vi: "vi-VN", en: "en-GB" };

export class View {
  /** @param {Document} document @param {string} lang */
  constructor(document, lang) {
    this.document = document;
    this.lang = lang;
    this.labels();
  }

  /** The texts that never change. */
  labels() {
    this.document.documentElement.lang = this.lang;
    this.text("own-label", "own_picture");
    this.text("keys", "keys");
    for (const name of ["help_title", "help_m", "help_r", "help_f1", "help_self"]) {
      this.text(name.replace("_", "-"), name);
    }
  }

  /** @param {State} state @param {Place} place @param {number} now milliseconds */
  show(state, place, now) {
    if (place.lang !== this.lang) {
      this.lang = place.lang;
      this.labels();
    }
    this.put("site", place.name || say(this.lang, "title"));
    this.put("room", place.room_name);
    this.put("clock", clock(now, this.lang));
    this.waiting(state, place, now);
    this.speaker(state);
    this.microphone(state);
    this.line(state);
    this.notices(state);
    this.document.body.dataset.phase = state.phase;
    this.document.body.dataset.media = state.media;
    this.visible("help", state.help);
  }

  /** @param {State} state @param {Place} place @param {number} now */
  waiting(state, place, now) {
    const flowing = state.phase === "in_room" && state.media === "flowing";
    this.visible("waiting", !flowing);
    if (flowing) return;
    const key = waitingKey(state);
    const values = { room: place.room_name, detail: state.detail };
    this.put("waiting-title", say(this.lang, key, values));
    this.put("waiting-detail", say(this.lang, key === "media_pending" ? "calling_detail" : `${key}_detail`, values));
    const left = state.phase === "waiting" && state.next_try !== null ? Math.ceil((state.next_try - now) / 1000) : null;
    this.put("waiting-next", left === null ? "" : say(this.lang, "next_try", { seconds: Math.max(left, 0) }));
    this.put("waiting-clock", clock(now, this.lang));
  }

  /** @param {State} state */
  speaker(state) {
    const names = state.talkers.map((person) => this.nameOf(person)).join(", ");
    if (state.phase !== "in_room") this.put("speaker", "");
    else if (names) this.text("speaker", "speaking", { who: names });
    else if (state.last_talker) this.text("speaker", "spoke", { who: this.nameOf(state.last_talker) });
    // Who came while somebody spoke is not told, so nothing is said of it.
    else this.put("speaker", "");
    this.element("speaker").classList.toggle("active", names !== "");
    this.put("present", state.people.length > 0 ? say(this.lang, "present", { count: state.people.length }) : "");
  }

  /** @param {import("./room_events.js").Person} person */
  nameOf(person) {
    return person.own ? say(this.lang, "this_site") : person.name;
  }

  /** @param {State} state */
  microphone(state) {
    const mode = microphoneMode(state);
    const hint = mode === "room_muted" && !state.config?.request_key ? "wait" : mode;
    this.text("mic", `mic_${mode}`);
    this.text("mic-hint", `hint_${hint}`);
    this.element("mic-box").dataset.mode = mode;
  }

  /** @param {State} state */
  line(state) {
    const { quality } = state;
    const word = quality?.word ?? (state.link === "registered" ? "registered" : "none");
    this.text("line", `line_${word}`);
    this.element("line").dataset.word = word;
    const rates = quality && { in: quality.in_kbps, out: quality.out_kbps, loss: quality.loss_percent };
    this.put("rates", rates ? say(this.lang, "rates", rates) : "");
    this.put("redials", state.redials > 0 ? say(this.lang, "redials", { count: state.redials }) : "");
  }

  /** @param {State} state */
  notices(state) {
    const missing = [];
    if (state.devices && !state.devices.video) missing.push(say(this.lang, "no_camera"));
    if (state.devices && !state.devices.audio) missing.push(say(this.lang, "no_microphone"));
    this.put("missing", missing.join(" – "));
    this.visible("missing", missing.length > 0);
    this.put("message", state.message ? `${say(this.lang, "from_chair")}: ${state.message.text}` : "");
    this.visible("message", state.message !== null);
  }

  /** @param {string} id @param {string} key @param {Record<string, string | number>} [values] */
  text(id, key, values) {
    this.put(id, say(this.lang, key, values));
  }

  /** Only what differs is written: the screen is a slow PC's. @param {string} id @param {string} text */
  put(id, text) {
    const element = this.element(id);
    if (element.textContent !== text) element.textContent = text;
  }

  /** @param {string} id @param {boolean} shown */
  visible(id, shown) {
    this.element(id).hidden = !shown;
  }

  /** @param {string} id @returns {HTMLElement} */
  element(id) {
    const element = this.document.getElementById(id);
    if (!element) throw new Error(`no element ${id}`);
    return element;
  }
}

/** @param {State} state @returns {string} the key of the waiting screen's title */
export function waitingKey(state) {
  if (state.phase === "in_room") return "media_pending";
  return state.phase === "waiting" ? `waiting_${state.reason}` : state.phase;
}

/** @param {State} state @returns {"idle" | "open" | "off" | "room_muted" | "hand"} */
export function microphoneMode(state) {
  if (state.phase === "in_room" && state.room_muted) return state.hand ? "hand" : "room_muted";
  if (state.own_muted) return "off";
  return state.phase === "in_room" ? "open" : "idle";
}

/** @param {number} now @param {string} lang */
function clock(now, lang) {
  const locale = lang === "en" ? LOCALE.en : LOCALE.vi;
  return new Date(now).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
}
