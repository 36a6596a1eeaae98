/** The package's version; its package.json lies two folders above this file, in `src` and in `dist`. */
import { readFileSync } from "node:fs";

export function version(): string {
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
}
