/** What a doctor finds: one line for each check. */
import type { OutputStream } from "../../io.ts";
import { wrap } from "../../output/wrap.ts";

export interface Check {
  readonly name: "gateway" | "TLS" | "proxy" | "sign-in" | "read" | "write" | "key" | "key name" | "clock";
  /** `unknown`: not tested, or nothing to compare with. */
  readonly state: "ok" | "unknown" | "failed";
  readonly text: string;
  /** A line below the text, which needs nearly the whole width. */
  readonly detail?: string;
  /** For programs: numbers and names behind the text. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

const marks: Readonly<Record<Check["state"], string>> = { ok: "ok", unknown: "?", failed: "FAIL" };
const nameColumn = 6;
const textColumn = 18;

/** `ok    gateway     https://pfx.contoso.com/graphql, 41 ms`; lines after a break stand below the text. */
export function checkLine({ name, state, text, detail }: Check, stream: OutputStream): string {
  const line = wrap(
    `${marks[state].padEnd(nameColumn)}${name.padEnd(textColumn - nameColumn)}${oneLine(text)}`,
    stream,
    textColumn,
  );
  return detail === undefined ? line : `${line}\n${wrap(`${" ".repeat(nameColumn)}${detail}`, stream)}`;
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
