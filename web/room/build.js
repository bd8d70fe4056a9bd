// Bundles the page into dist/: index.html, room.css, room.js and the licences of what is inside.
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, "dist");

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const result = await build({
  absWorkingDir: here,
  entryPoints: ["src/main.js"],
  outfile: "dist/room.js",
  bundle: true,
  format: "iife",
  target: "chrome120",
  charset: "utf8",
  minify: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});
await cp(path.join(here, "public"), dist, { recursive: true });
await writeFile(path.join(dist, "LICENSES.txt"), await licences(Object.keys(result.metafile.inputs)));

/**
 * The licence texts of the packages whose files were bundled.
 * @param {string[]} inputs paths of bundled files
 */
async function licences(inputs) {
  const names = new Set();
  for (const input of inputs) {
    const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) names.add(match[1]);
  }
  const texts = [];
  for (const name of [...names].sort()) {
    const folder = path.join(here, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    texts.push(`${name} ${version} (${license})\n\n${await licenceText(folder)}`);
  }
  return texts.join(`\n${"-".repeat(80)}\n`);
}

/** @param {string} folder a package's folder */
async function licenceText(folder) {
  const name = (await readdir(folder)).find((file) => /^licen[cs]e(\.\w+)?$/i.test(file));
  if (!name) throw new Error(`no licence text in ${folder}`);
  return readFile(path.join(folder, name), "utf8");
}
