/** What a doctor finds: one line for each check. */
import type { OutputStream } from "../../io.ts";
import { wrap } from "../../output/wrap.ts";

export interface Check {
  readonly name: "gateway" | "TLS" | "proxy" | "sign-in" | "read" | "write" | "key" | "key name" | "clock";
  /** `unknown`: not tested, or nothing to compare with. */
  readonly state: "ok" | "unknown" | "failed";
  readonly text: string;
  /** For programs: numbers and names behind the text. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

const marks: Readonly<Record<Check["state"], string>> = { ok: "ok", unknown: "?", failed: "FAIL" };
const textColumn = 18;

/** `ok    gateway     https://pfx.contoso.com/graphql, 41 ms`; lines after a break stand below the text. */
export function checkLine({ name, state, text }: Check, stream: OutputStream): string {
  return wrap(`${marks[state].padEnd(6)}${name.padEnd(textColumn - 6)}${oneLine(text)}`, stream, textColumn);
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
