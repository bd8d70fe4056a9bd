// Chromium without a screen, the page in it, and a second page that plays the room's media.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const SHOTS = fileURLToPath(new URL("../../../../build/reports/page/", import.meta.url));
export const EXTENSION = "403852";
export const SECRET = "mật-khẩu &=#%";
export const SITE = {
  room: "2006",
  room_name: "Phòng họp huyện Lệ Thủy",
  name: "Xã An Thủy",
  call_kbps: 768,
  request_key: "1",
};

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.HNTT_CHROMIUM || "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--use-fake-device-for-media-stream",
      "--autoplay-policy=no-user-gesture-required",
      "--disable-features=WebRtcPipeWireCamera",
    ],
    timeout: 60_000,
  });
}

/**
 * A PC of its own with the page open.
 * @param {import("playwright-core").Browser} browser
 * @param {number} port of the pretended MCU
 * @param {{secret?: string, fragment?: string, permissions?: string[]}} [options]
 */
export async function openPage(browser, port, { secret = SECRET, fragment, permissions } = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 720 },
    permissions: permissions ?? ["camera", "microphone"],
  });
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  const hash = fragment ?? `site=${EXTENSION}&secret=${encodeURIComponent(secret)}`;
  await page.goto(`http://127.0.0.1:${port}/room/index.html#${hash}`);
  return { page, context, complaints };
}

/**
 * Wait until a text is on the screen, visible.
 * @param {import("playwright-core").Page} page
 * @param {string} id of the element
 * @param {string | RegExp} text
 * @param {number} [seconds]
 */
export async function reads(page, id, text, seconds = 10) {
  const wanted = typeof text === "string" ? text : text.source;
  try {
    await page.waitForFunction(
      ({ id, wanted }) => {
        const element = document.getElementById(id);
        return element !== null && element.offsetParent !== null && new RegExp(wanted).test(element.textContent ?? "");
      },
      { id, wanted: typeof text === "string" ? wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") : wanted },
      { timeout: seconds * 1000 },
    );
  } catch {
    const now = await page.evaluate((id) => document.getElementById(id)?.textContent, id);
    throw new Error(`#${id} does not read ${wanted} but ${now}; ${JSON.stringify(await stateOf(page))}`);
  }
}

/** Wait until something holds. @param {() => boolean} holds @param {number} [seconds] */
export async function eventually(holds, seconds = 10) {
  for (const end = Date.now() + seconds * 1000; !holds(); ) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** @param {import("playwright-core").Page} page @returns {Promise<any>} */
export function stateOf(page) {
  return page.evaluate(() => /** @type {any} */ (window).hntt.state);
}

/** @param {import("playwright-core").Page} page @param {string} name */
export async function shot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}${name}.png` });
}

/**
 * The room's side of a call, played by a page of its own: a picture of one colour and a tone.
 * @param {import("playwright-core").Browser} browser
 * @param {string} colour CSS colour
 */
export async function roomMedia(browser, colour) {
  const context = await browser.newContext();
  const page = await context.newPage();
  return {
    context,
    /** Send nothing any more; the connection stays up. */
    silence: () => page.evaluate(stopSendingInPage),
    /** @param {string} offer @returns {Promise<string>} the answer */
    answer: (offer) => page.evaluate(answerInPage, { offer, colour }),
    /** The answer of a room from which nothing will ever come. @param {string} offer @returns {Promise<string>} */
    answerSilently: (offer) => page.evaluate(answerInPage, { offer, colour: null }),
  };
}

/** Runs in the browser. @param {{offer: string, colour: string | null}} given */
async function answerInPage({ offer, colour }) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 640, height: 360 });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const tracks = colour === null ? [] : sources(colour);
  const peer = new RTCPeerConnection();
  Object.assign(window, { peer });
  await peer.setRemoteDescription({ type: "offer", sdp: offer });
  const stream = new MediaStream(tracks);
  for (const track of tracks) peer.addTrack(track, stream);
  await peer.setLocalDescription(await peer.createAnswer());
  await new Promise((resolve) => {
    if (peer.iceGatheringState === "complete") resolve(null);
    peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && resolve(null));
  });
  return /** @type {RTCSessionDescription} */ (peer.localDescription).sdp;

  /** A moving picture and a tone. @param {string} colour */
  function sources(colour) {
    let count = 0;
    setInterval(() => {
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 640, 360);
      pen.fillStyle = "#888";
      pen.fillRect((count += 8) % 640, 0, 8, 8);
    }, 66);
    const audio = new AudioContext();
    const sink = audio.createMediaStreamDestination();
    const tone = audio.createOscillator();
    tone.connect(sink);
    tone.start();
    return [...canvas.captureStream(15).getTracks(), ...sink.stream.getTracks()];
  }
}

/** Runs in the browser. */
async function stopSendingInPage() {
  const senders = /** @type {RTCPeerConnection} */ (/** @type {any} */ (window).peer).getSenders();
  await Promise.all(senders.map((sender) => sender.replaceTrack(null)));
}

/**
 * The colour in the middle of a video, as it is displayed.
 * @param {import("playwright-core").Page} page
 * @param {string} id
 * @returns {Promise<number[]>} red, green, blue
 */
export function colourOf(page, id) {
  return page.evaluate((id) => {
    const video = /** @type {HTMLVideoElement} */ (document.getElementById(id));
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 16, height: 9 });
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.drawImage(video, 0, 0, 16, 9);
    return [...pen.getImageData(8, 4, 1, 1).data.slice(0, 3)];
  }, id);
}
