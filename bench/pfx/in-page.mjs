/** Puts the readers that only open a file into `globalThis.readers` of a page. `chromium.mjs` bundles this file. */
import { open as forge } from "./readers/node-forge.mjs";
import { open } from "./readers/open.mjs";
import { open as pkijs } from "./readers/pkijs.mjs";

globalThis.readers = { open, forge, pkijs };
