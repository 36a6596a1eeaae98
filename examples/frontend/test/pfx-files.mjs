/** Files to import, as Playwright's `setInputFiles` takes them: the samples, and new ones. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

// The repository's own maker of .pfx files, which is TypeScript.
const maker = fileURLToPath(new URL("../../../test/support/many-pfx.ts", import.meta.url));
const {
  module: { pfxOf },
} = await runnerImport(maker, { configFile: false, logLevel: "error" });

const samples = new URL("../../import-pfx/", import.meta.url);

export const sampleFiles = ["adele-encryption.pfx", "adele-signing.pfx", "alex-encryption.pfx", "alex-signing.pfx"];

/** @param {string[]} names of files in examples/import-pfx */
export const sample = (...names) => names.map((name) => fileOf(name, readFileSync(new URL(name, samples))));

/** @param {string} name and @param {string | Uint8Array} content of the file */
export const fileOf = (name, content) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(content) });

/** A file with a certificate of this user, named after the user unless `name` is given. The password is `secret` by default. */
export const pfx = (user, { name = `${user}.pfx`, ...options } = {}) => fileOf(name, pfxOf(user, options));
