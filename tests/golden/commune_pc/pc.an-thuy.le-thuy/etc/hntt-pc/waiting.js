// Managed by commune_pc: changes made here are drift and are put back.
// Goes to the room's page as soon as its server answers; what follows # stays in this PC.
"use strict";
const AGAIN_MS = 3000, PATIENCE_MS = 8000, CALL_FOR_HELP_MS = 300000;
const begun = Date.now();

async function look() {
  try {
    await fetch(hntt.page, { mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    document.getElementById("help").hidden = Date.now() - begun < CALL_FOR_HELP_MS;
    setTimeout(look, AGAIN_MS);
    return;
  }
  location.replace(`${hntt.page}#site=${hntt.site}&secret=${encodeURIComponent(hntt.secret)}`);
}

for (const name of ["keydown", "contextmenu", "dragstart", "drop", "dragover", "wheel"]) {
  addEventListener(name, (event) => event.preventDefault(), { passive: false });
}
document.getElementById("name").textContent = hntt.name;
look();
