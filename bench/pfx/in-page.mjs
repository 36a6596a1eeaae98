/** What only opens a file, for a page: `globalThis.readers`. `chromium.mjs` bundles it. */
import { open as forge } from "./readers/node-forge.mjs";
import { open } from "./readers/open.mjs";
import { open as pkijs } from "./readers/pkijs.mjs";

globalThis.readers = { open, forge, pkijs };
