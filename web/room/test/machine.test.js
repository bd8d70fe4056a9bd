// Each folder of cases/ holds a recorded sequence (events.json) and everything that follows from it (expected.txt).
// HNTT_REGEN=1 writes the expectations anew; read the difference before you commit it.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { trace } from "./trace.js";

const cases = new URL("cases/", import.meta.url);
const names = readdirSync(cases).sort();

test("there are cases", () => assert.ok(names.length > 15));

for (const name of names) {
  test(`case ${name}`, () => {
    const folder = new URL(`${name}/`, cases);
    const given = JSON.parse(readFileSync(new URL("events.json", folder), "utf8"));
    const expected = new URL("expected.txt", folder);
    assert.match(given.why, /\S/);
    const got = `${given.why}\n${trace(given)}`;
    if (process.env.HNTT_REGEN === "1") writeFileSync(expected, got);
    assert.ok(existsSync(expected), `no expected.txt in ${name}`);
    assert.equal(got, readFileSync(expected, "utf8"));
  });
}
