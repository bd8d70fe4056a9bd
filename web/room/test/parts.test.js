// The small pure parts: configuration, causes, line quality, room events, texts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { delayFor, q850Of, reasonOfEnd, reasonOfFailure, spreadOf } from "../src/causes.js";
import { configFrom, identityOf, pictureFor } from "../src/config.js";
import { compare, sampleOf } from "../src/quality.js";
import { roomEvents } from "../src/room_events.js";
import { TEXTS, say } from "../src/texts.js";

const WHO = { extension: "403852", secret: "s&=#%ế" };
const SITE = { room: "2006", room_name: "Phòng họp huyện Lệ Thủy", name: "Xã An Thủy", call_kbps: 768 };

test("identity comes out of the fragment, whatever signs the secret has", () => {
  assert.deepEqual(identityOf(`#site=403852&secret=${encodeURIComponent(WHO.secret)}`), WHO);
  for (const wrong of ["", "#", "#site=403852", "#secret=x", "#site=../x&secret=y", "#site=40 3852&secret=y"]) {
    assert.equal(identityOf(wrong), null);
  }
});

test("a site's file needs little; the rest follows from where the page lies", () => {
  assert.deepEqual(configFrom(SITE, WHO, "mcu-2.tinh.example:8089"), {
    ...WHO,
    ...SITE,
    server: "wss://mcu-2.tinh.example:8089/ws",
    uri: "sip:403852@mcu-2.tinh.example",
    joins_muted: true,
    request_key: null,
    lang: "vi",
  });
});

for (const [field, value] of Object.entries({
  room: "20 06",
  room_name: " ",
  name: undefined,
  call_kbps: "768",
  server: "http://x",
  uri: "403852",
  joins_muted: "yes",
  request_key: "ab",
})) {
  test(`a wrong ${field} is named`, () => {
    assert.throws(() => configFrom({ ...SITE, [field]: value }, WHO, "h"), { message: field });
  });
}

test("neither a list nor nothing is a site's file", () => {
  for (const raw of [null, [], "x"]) assert.throws(() => configFrom(raw, WHO, "h"), { message: "not an object" });
  for (const rate of [0, 127, 8001, Number.NaN]) {
    assert.throws(() => configFrom({ ...SITE, call_kbps: rate }, WHO, "h"), { message: "call_kbps" });
  }
});

test("the picture fits the call's rate", () => {
  assert.deepEqual(pictureFor(384), { width: 640, height: 360, frameRate: 15, maxBitrate: 320_000 });
  assert.deepEqual(pictureFor(768), { width: 640, height: 360, frameRate: 30, maxBitrate: 704_000 });
  assert.deepEqual(pictureFor(1472), { width: 1280, height: 720, frameRate: 15, maxBitrate: 1_408_000 });
  assert.deepEqual(pictureFor(1920), { width: 1280, height: 720, frameRate: 30, maxBitrate: 1_856_000 });
});

test("answers and causes become reasons people understand", () => {
  const failures = { 403: "refused", 404: "closed", 408: "no_answer", 480: "closed", 486: "full", 500: "network", 503: "busy" };
  for (const [status, reason] of Object.entries(failures)) assert.equal(reasonOfFailure(Number(status)), reason);
  assert.equal(reasonOfFailure(null), "network");
  const ends = { 16: "ended", 17: "full", 20: "closed", 21: "refused", 34: "busy", 31: "ended" };
  for (const [cause, reason] of Object.entries(ends)) assert.equal(reasonOfEnd(Number(cause)), reason);
  assert.equal(reasonOfEnd(null), "ended");
});

test("the cause is read from a Reason header", () => {
  assert.equal(q850Of("Q.850;cause=17"), 17);
  assert.equal(q850Of('SIP;cause=200;text="x", Q.850 ; cause = 16 ;text="Normal"'), 16);
  assert.equal(q850Of("SIP;cause=486"), null);
  assert.equal(q850Of(null), null);
});

test("no PC waits longer than a quarter more than another, and they differ", () => {
  const spreads = Array.from({ length: 159 }, (_, index) => spreadOf(String(400010 + index * 2)));
  assert.ok(spreads.every((spread) => spread >= 0 && spread < 1));
  assert.ok(new Set(spreads).size > 120);
  assert.equal(delayFor("network", 1, 0), 1000);
  assert.equal(delayFor("network", 99, 1), 12_500);
  assert.equal(delayFor("full", 1, 0), 30_000);
  assert.equal(delayFor("full", 99, 0), 30_000);
  assert.equal(delayFor("ended", 1, 0), 5000);
  assert.equal(delayFor("ended", 99, 0), 30_000);
});

const ZERO = { at: 0, packets_in: 0, lost_in: 0, audio_in: 0, bytes_in: 0, bytes_out: 0, frames_in: 0, loss_out: 0, rtt_ms: null };

test("rates, loss and the word", () => {
  const now = { ...ZERO, at: 2000, packets_in: 200, audio_in: 100, bytes_in: 192_000, bytes_out: 176_000, frames_in: 60, rtt_ms: 40 };
  assert.deepEqual(compare(ZERO, now), { word: "good", in_kbps: 768, out_kbps: 704, loss_percent: 0, inbound: true, frames: 60 });
  assert.equal(compare(ZERO, { ...now, lost_in: 20 }).word, "weak");
  assert.equal(compare(ZERO, { ...now, lost_in: 20 }).loss_percent, 9);
  assert.equal(compare(ZERO, { ...now, loss_out: 0.05 }).word, "weak");
  assert.equal(compare(ZERO, { ...now, rtt_ms: 900 }).word, "weak");
  assert.equal(compare(now, { ...now, at: 4000 }).word, "lost");
  assert.equal(compare(now, { ...now, at: 4000, packets_in: 300 }).inbound, false);
});

test("late packets that were counted as lost do not make the loss negative", () => {
  const before = { ...ZERO, packets_in: 100, audio_in: 50, lost_in: 9 };
  assert.equal(compare(before, { ...before, at: 2000, packets_in: 200, audio_in: 100, lost_in: 3 }).loss_percent, 0);
});

test("the browser's report becomes counters", () => {
  const report = [
    { type: "inbound-rtp", kind: "audio", packetsReceived: 100, packetsLost: 1, bytesReceived: 8000, headerBytesReceived: 1200 },
    { type: "inbound-rtp", kind: "video", packetsReceived: 200, packetsLost: 2, bytesReceived: 90_000, framesDecoded: 30 },
    { type: "outbound-rtp", kind: "video", bytesSent: 70_000, headerBytesSent: 900 },
    { type: "remote-inbound-rtp", kind: "video", fractionLost: 0.02, roundTripTime: 0.05 },
    { type: "remote-inbound-rtp", kind: "audio" },
    { type: "codec" },
  ];
  assert.deepEqual(sampleOf(report, 5), {
    at: 5, packets_in: 300, lost_in: 3, audio_in: 100, bytes_in: 99_200, bytes_out: 70_900, frames_in: 30, loss_out: 0.02, rtt_ms: 50,
  });
});

/** @param {string} type @param {object[]} channels */
const told = (type, channels) => roomEvents(JSON.stringify({ type, bridge: { id: "2006" }, channels }), "403852");
const OWN = { id: "1.7", name: "PJSIP/403852-1", caller: { name: "Xã An Thủy", number: "403852" } };
const OTHER = { id: "1.5", name: "PJSIP/403862-0", caller: { name: "", number: "403862" } };
const ME = { id: "1.7", name: "Xã An Thủy", own: true };
const THEM = { id: "1.5", name: "403862", own: false };

test("what the room tells", () => {
  assert.deepEqual(told("ConfbridgeWelcome", [{ ...OTHER, muted: true }, { ...OWN, muted: true }]), [
    { type: "present", people: [THEM, ME] },
    { type: "room_mute", muted: true },
  ]);
  assert.deepEqual(told("ConfbridgeJoin", [{ ...OTHER, muted: true }]), [{ type: "joined", person: THEM }]);
  assert.deepEqual(told("ConfbridgeLeave", [OTHER]), [{ type: "left", person: THEM }]);
  assert.deepEqual(told("ConfbridgeTalking", [{ ...OTHER, talking_status: "on" }]), [{ type: "talking", person: THEM, on: true }]);
  assert.deepEqual(told("ConfbridgeTalking", [{ ...OWN, talking_status: "off" }]), [{ type: "talking", person: ME, on: false }]);
  assert.deepEqual(told("ConfbridgeMute", [OWN]), [{ type: "room_mute", muted: true }]);
  assert.deepEqual(told("ConfbridgeUnmute", [OWN]), [{ type: "room_mute", muted: false }]);
  assert.deepEqual(told("ConfbridgeMute", [OTHER]), []);
});

test("what the room may yet learn to say, or says badly, means nothing", () => {
  assert.deepEqual(told("ConfbridgeRecord", [OWN]), []);
  assert.deepEqual(told("ConfbridgeTalking", []), []);
  for (const body of ["", "{", "null", "[]", '{"type":"ConfbridgeLeave","channels":"x"}', '{"type":"ConfbridgeLeave","channels":[null]}']) {
    assert.deepEqual(roomEvents(body, "403852"), []);
  }
});

test("both languages have the same texts with the same blanks", () => {
  assert.deepEqual(Object.keys(TEXTS.vi), Object.keys(TEXTS.en));
  const blanks = (/** @type {string} */ text) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const key of Object.keys(TEXTS.vi)) {
    assert.match(TEXTS.vi[key], /\S/);
    assert.deepEqual(blanks(TEXTS.vi[key]), blanks(TEXTS.en[key]), key);
  }
});

test("every reason and phase has its texts; an unknown text is an error", () => {
  const source = readFileSync(new URL("../src/causes.js", import.meta.url), "utf8");
  const reasons = [...source.slice(0, source.indexOf("} Reason")).matchAll(/"(\w+)"/g)].map((match) => match[1]);
  assert.ok(reasons.length >= 15);
  for (const reason of reasons) {
    assert.ok(TEXTS.vi[`waiting_${reason}`] && TEXTS.vi[`waiting_${reason}_detail`], reason);
  }
  for (const phase of ["preparing", "connecting", "registering", "calling"]) {
    assert.ok(TEXTS.vi[phase] && TEXTS.vi[`${phase}_detail`], phase);
  }
  assert.throws(() => say("vi", "nothing_like_it"));
  assert.equal(say("vi", "next_try", { seconds: 5 }), "Thử lại sau 5 giây");
});
