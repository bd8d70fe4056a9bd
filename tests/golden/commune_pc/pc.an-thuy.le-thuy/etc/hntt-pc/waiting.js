// Managed by commune_pc: changes made here are drift and are put back.
// Goes to the room's page as soon as its server answers; what follows # stays in this PC.
// Until then it says what the PC itself has to say: a PC that is not enrolled has a notice, and no page.js yet.
"use strict";
const AGAIN_MS = 3000, PATIENCE_MS = 8000, CALL_FOR_HELP_MS = 300000;
const NOTICE = "file:///run/hntt/notice.js";
const begun = Date.now();
const room = typeof hntt === "undefined" ? null : hntt;
const element = (id) => document.getElementById(id);
let notice = null;

// A script and no fetch, which a file:// page is not granted. The file sets `notice`; there is none on a PC that is well.
function readNotice() {
  return new Promise((done) => {
    const script = document.createElement("script");
    notice = null;
    script.onload = script.onerror = () => { script.remove(); done(); };
    script.src = `${NOTICE}?${Date.now()}`;
    document.head.append(script);
  });
}

function show() {
  const call = notice !== null && notice.call;
  element("notice").hidden = notice === null;
  element("notice").textContent = notice === null ? "" : notice.text;
  element("notice").className = call ? "call" : "";
  element("waiting").hidden = notice !== null;
  // Who is told whom to call is not sent to the cable as well.
  element("help").hidden = call || Date.now() - begun < CALL_FOR_HELP_MS;
}

async function look() {
  await readNotice();
  show();
  try {
    if (room === null) throw new Error("not converged");
    await fetch(room.page, { mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    setTimeout(look, AGAIN_MS);
    return;
  }
  location.replace(`${room.page}#site=${room.site}&secret=${encodeURIComponent(room.secret)}`);
}

for (const name of ["keydown", "contextmenu", "dragstart", "drop", "dragover", "wheel"]) {
  addEventListener(name, (event) => event.preventDefault(), { passive: false });
}
element("name").textContent = room === null ? "" : room.name;
look();
