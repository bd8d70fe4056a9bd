// The built page in a real browser, against a pretended MCU.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { EXTENSION, SECRET, SITE, eventually, openBrowser, openPage, reads, roomMedia, shot, stateOf, colourOf } from "./harness.js";
import { PretendedMcu } from "./pretended_mcu.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {{mcu: PretendedMcu, open: (options?: object) => Promise<{page: Page, complaints: string[]}>,
 *   room: (colour: string) => Promise<Awaited<ReturnType<typeof roomMedia>>>}} Scene */

/** @type {import("playwright-core").Browser} */ let browser;

/**
 * A test with an MCU of its own; what it opened is closed after it.
 * @param {string} name
 * @param {(scene: Scene) => Promise<void>} play
 */
function scene(name, play) {
  test(name, { timeout: 60_000 }, async () => {
    const mcu = await new PretendedMcu().start();
    mcu.sites[EXTENSION] = SITE;
    mcu.secrets[EXTENSION] = SECRET;
    /** @type {import("playwright-core").BrowserContext[]} */
    const opened = [];
    /** @param {object} [options] */
    const open = async (options) => {
      const { page, complaints } = await openPage(browser, mcu.port, options);
      opened.push(page.context());
      return { page, complaints };
    };
    /** @param {string} colour */
    const room = async (colour) => {
      const media = await roomMedia(browser, colour);
      opened.push(media.context);
      return media;
    };
    try {
      await play({ mcu, open, room });
    } finally {
      await Promise.all(opened.map((context) => context.close()));
      await mcu.stop();
    }
  });
}

/** @param {Page} page @param {number} [seconds] */
function flowing(page, seconds = 20) {
  return page.waitForSelector('body[data-media="flowing"]', { timeout: seconds * 1000 });
}

describe("the meeting page", { concurrency: 4 }, () => {
  before(async () => {
    browser = await openBrowser();
  });
  after(async () => {
    await browser.close();
  });

  scene("a PC without identity says so", async ({ open }) => {
    const { page, complaints } = await open({ fragment: "" });
    await reads(page, "waiting-title", "Máy này chưa được cài cho điểm nào");
    await reads(page, "waiting-next", "Thử lại sau");
    assert.deepEqual(complaints, []);
  });

  scene("a site without a file is named, and its file read when it is there", async ({ mcu, open }) => {
    mcu.sites = {};
    const { page } = await open();
    await reads(page, "waiting-detail", "sites/403852.json: 404");
    mcu.sites[EXTENSION] = SITE;
    await reads(page, "waiting-title", "Phòng họp chưa mở");
  });

  scene("signs in and waits for a room that is not open", async ({ mcu, open }) => {
    const { page, complaints } = await open();
    await reads(page, "waiting-title", "Phòng họp chưa mở");
    await reads(page, "waiting-next", /Thử lại sau \d+ giây/);
    await reads(page, "waiting-clock", /^\d\d:\d\d$/);
    await reads(page, "site", "Xã An Thủy");
    await reads(page, "room", "Phòng họp huyện Lệ Thủy");
    await reads(page, "line", "Đường truyền: đã nối");
    await shot(page, "closed");
    assert.match(mcu.seen("INVITE")[0].headers.from[0], /^"Xã An Thủy" <sip:403852@127\.0\.0\.1>/);
    assert.deepEqual(complaints, []);
  });

  scene("a wrong password is said in words", async ({ mcu, open }) => {
    const { page } = await open({ secret: "wrong" });
    await reads(page, "waiting-title", "Máy chủ không nhận máy này");
    assert.deepEqual(mcu.seen("INVITE"), []);
  });

  scene("a full room is said in words and entered when key R is pressed and a seat is free", async ({ mcu, open, room }) => {
    mcu.treat = 486;
    const { page } = await open();
    await reads(page, "waiting-title", "Phòng họp đã đủ chỗ");
    await shot(page, "full");
    const media = await room("#0000ff");
    mcu.treat = media.answer;
    await page.keyboard.press("r");
    await flowing(page, 15);
  });

  scene("nobody answers: cancelled by key R, the next call is another one", async ({ mcu, open }) => {
    mcu.treat = "silence";
    const { page } = await open();
    await reads(page, "waiting-title", "Đang vào phòng Phòng họp huyện Lệ Thủy");
    await eventually(() => mcu.seen("INVITE").length === 1);
    mcu.treat = 480;
    await page.keyboard.press("R");
    await reads(page, "waiting-title", "Phòng họp chưa mở");
    assert.equal(mcu.seen("CANCEL").length, 1);
  });

  scene("the offer is H.264 only, limited and marked; nothing in it was rewritten", async ({ mcu, open }) => {
    mcu.treat = "silence";
    const { page } = await open();
    await reads(page, "waiting-title", "Đang vào phòng");
    await eventually(() => mcu.seen("INVITE").length === 1);
    const sdp = mcu.seen("INVITE")[0].body;
    const names = [...sdp.matchAll(/^a=rtpmap:\d+ ([\w-]+)\//gm)].map((match) => match[1]);
    assert.deepEqual([...new Set(names)].sort(), ["G722", "H264", "opus", "telephone-event"]);
    assert.equal([...sdp.matchAll(/^m=/gm)].length, 2);
    assert.equal([...sdp.matchAll(/^a=sendrecv/gm)].length, 2);
    const encodings = await page.evaluate(() =>
      /** @type {any} */ (window).hntt.peer.getSenders().map((/** @type {RTCRtpSender} */ sender) => {
        const { maxBitrate, networkPriority } = sender.getParameters().encodings[0];
        return [sender.track?.kind, maxBitrate, networkPriority];
      }),
    );
    assert.deepEqual(encodings, [["audio", 48_000, "high"], ["video", 704_000, "high"]]);
  });

  scene("in the room: picture, talker, microphone, notice, keys", async ({ mcu, open, room }) => {
    const media = await room("#ff0000");
    mcu.treat = media.answer;
    const { page, complaints } = await open();
    await flowing(page);
    await page.waitForFunction(() => /** @type {any} */ (window).hntt.state.quality?.frames > 0, null, { timeout: 10_000 });
    const [red, green, blue] = await colourOf(page, "picture");
    assert.ok(red > 180 && green < 80 && blue < 80, `the room's picture is ${red} ${green} ${blue}`);
    await reads(page, "mic", "CHỦ TỌA ĐANG TẮT MI-CRÔ");
    await reads(page, "line", "Đường truyền: TỐT");

    const own = { id: "1.7", caller: { name: "Xã An Thủy", number: EXTENSION } };
    const other = { id: "1.5", caller: { name: "Xã Lộc Thủy", number: "403862" } };
    mcu.roomEvent("ConfbridgeWelcome", [{ ...other, muted: true }, { ...own, muted: true }]);
    await reads(page, "present", "2 điểm trong phòng");
    mcu.roomEvent("ConfbridgeTalking", [{ ...other, talking_status: "on" }]);
    await reads(page, "speaker", "Đang nói: Xã Lộc Thủy");
    mcu.within("MESSAGE", ["Content-Type: text/plain;charset=UTF-8"], "Đề nghị các điểm chuẩn bị báo cáo");
    await reads(page, "message", "Đề nghị các điểm chuẩn bị báo cáo");
    await page.keyboard.press("m");
    await reads(page, "mic", "ĐÃ XIN PHÁT BIỂU");
    await shot(page, "in-room");
    mcu.roomEvent("ConfbridgeUnmute", [own]);
    await reads(page, "mic", "MI-CRÔ ĐANG MỞ");
    await page.keyboard.press("m");
    await reads(page, "mic", "ĐÃ TẮT MI-CRÔ");
    assert.equal(await page.evaluate(enabledMicrophones), 0);
    await page.keyboard.press("F1");
    await reads(page, "help-title", "Trợ giúp");
    await shot(page, "help");
    await page.keyboard.press("F1");
    assert.deepEqual(await statusesOf(mcu, "MESSAGE"), [200, 200, 200, 200]);

    mcu.within("BYE", ["Reason: Q.850;cause=16"]);
    await reads(page, "waiting-title", "Cuộc họp đã kết thúc");
    assert.equal((await stateOf(page)).redials, 0);
    assert.deepEqual(complaints, []);
  });

  scene("a call without media is given up after ten seconds, made again and counted", async ({ mcu, open, room }) => {
    const media = await room("#00ff00");
    mcu.treat = media.answerSilently;
    const { page } = await open();
    await reads(page, "waiting-title", "Đang chờ hình và tiếng");
    const began = Date.now();
    mcu.treat = media.answer;
    await reads(page, "redials", "Gọi lại: 1 lần", 15);
    const seconds = (Date.now() - began) / 1000;
    assert.ok(seconds > 7 && seconds < 12, `given up after ${seconds} s`);
    await flowing(page);
    assert.equal(mcu.seen("BYE").length, 1);
    assert.equal(mcu.seen("INVITE").length, 2);
  });

  scene("media that stop in a meeting are shown as lost and the call is made again", async ({ mcu, open, room }) => {
    const media = await room("#00ff00");
    mcu.treat = media.answer;
    const { page } = await open();
    await flowing(page);
    await media.silence();
    await page.waitForFunction(() => /** @type {any} */ (window).hntt.state.redials === 1, null, { timeout: 20_000 });
    await flowing(page);
  });

  scene("a lost signalling connection leaves the meeting alone and heals it afterwards", async ({ mcu, open, room }) => {
    const media = await room("#00ff00");
    mcu.treat = media.answer;
    const { page } = await open();
    await flowing(page);
    mcu.dropConnections();
    await page.waitForFunction(() => /** @type {any} */ (window).hntt.state.link === "down", null, { timeout: 5000 });
    assert.equal((await stateOf(page)).phase, "in_room");
    await page.waitForFunction(() => /** @type {any} */ (window).hntt.state.calls === 2, null, { timeout: 20_000 });
    await flowing(page);
    assert.equal((await stateOf(page)).redials, 1);
  });

  scene("no server: waits, and comes in when it is there", async ({ mcu, open }) => {
    const { page } = await open();
    await reads(page, "waiting-title", "Phòng họp chưa mở");
    const { port } = mcu;
    await mcu.stop();
    await reads(page, "waiting-title", /Mất kết nối với máy chủ|Đang nối với máy chủ/);
    await reads(page, "line", "Đường truyền: chưa có");
    await shot(page, "no-server");
    mcu.treat = 486;
    await mcu.listen(port);
    await reads(page, "waiting-title", "Phòng họp đã đủ chỗ", 25);
  });

  scene("closing the page says BYE", async ({ mcu, open, room }) => {
    const media = await room("#00ff00");
    mcu.treat = media.answer;
    const { page } = await open();
    await flowing(page);
    await page.goto("about:blank");
    await eventually(() => mcu.seen("BYE").length === 1);
  });

  scene("without camera and microphone the site still sees and hears, and says what is missing", async ({ mcu, open, room }) => {
    const media = await room("#ff00ff");
    mcu.treat = media.answer;
    const { page } = await open({ permissions: [] });
    await reads(page, "missing", "Không thấy máy ảnh – Không thấy mi-crô", 15);
    await flowing(page);
    await shot(page, "no-devices");
  });

  scene("the page asks its own server only, and the secret is nowhere on it", async ({ mcu, open }) => {
    /** @type {string[]} */
    const asked = [];
    const { page } = await open();
    page.on("request", (request) => asked.push(request.url()));
    await page.reload();
    await reads(page, "waiting-title", "Phòng họp chưa mở");
    assert.ok(asked.length >= 4);
    for (const url of asked) {
      assert.equal(new URL(url).host, `127.0.0.1:${mcu.port}`);
    }
    const held = JSON.stringify(await stateOf(page)) + (await page.content());
    assert.ok(!held.includes(SECRET) && !held.includes(encodeURIComponent(SECRET)));
  });
});

/** What the page answered to requests of this kind. @param {PretendedMcu} mcu @param {string} method */
async function statusesOf(mcu, method) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return mcu.requests.filter((m) => m.status && m.headers.cseq[0].endsWith(method)).map((m) => m.status);
}

/** Runs in the browser. */
function enabledMicrophones() {
  const own = /** @type {HTMLVideoElement} */ (document.getElementById("own"));
  const stream = /** @type {MediaStream} */ (own.srcObject);
  return stream.getAudioTracks().filter((track) => track.enabled).length;
}
