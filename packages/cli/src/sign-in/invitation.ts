/** Tells a person what to open to sign in: in words on standard error, or with `--json` as an object on standard output. */
import type { Io } from "../io.ts";
import { JsonLines } from "../output/json-lines.ts";

export interface Invitation {
  /** The address to open. */
  readonly url: string;
  /** The code to enter there, where the address has none in it. */
  readonly userCode?: string;
  /** For people. */
  readonly text: string;
}

export type Invite = (invitation: Invitation) => void;

export function createInvite(io: Io, isJson: boolean): Invite {
  if (!isJson) return ({ text }) => void io.stderr.write(text);
  const lines = new JsonLines(io);
  return ({ url, userCode }) => lines.write("sign-in", { url, userCode });
}
