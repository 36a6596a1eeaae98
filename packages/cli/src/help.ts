/** The texts of `--help` and of a run without arguments: at most 80 columns, and only what this version can do. */
import { readFileSync } from "node:fs";

export const introduction = `intune-pfx imports users' .pfx files into Microsoft Intune.

This version has no commands yet.

'intune-pfx --help' lists all options.
`;

export function help(): string {
  return `intune-pfx ${version()} - imports users' .pfx files into Microsoft Intune

Usage: intune-pfx [options]

  -h, --help        this help
  -V, --version     the versions of this tool and of Node.js
`;
}

/** The package's version; its package.json lies beside `src` and beside `dist`. */
export function version(): string {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}
