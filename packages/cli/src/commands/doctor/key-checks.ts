/** The checks of the connector's key: its file, and its name. */
import { CliError } from "../../cli-error.ts";
import { printable } from "../../files/printable.ts";
import { shortFingerprint, wholeFingerprint } from "../../output/words.ts";
import { readConnectorKey } from "../read-connector-key.ts";
import type { Check } from "./check.ts";
import { compareKeyName, type Tenant } from "./tenant.ts";

/** @param file - absolute */
export async function keyCheck(file: string | undefined): Promise<Check> {
  const name = "key";
  if (file === undefined) {
    return { name, state: "unknown", text: "none is set (--key): import and encrypt need one" };
  }
  try {
    const { bits, fingerprint } = await readConnectorKey(file);
    const text = `RSA ${bits}, SHA-256 ${shortFingerprint(fingerprint)}`;
    return { name, state: "ok", text, detail: wholeFingerprint(fingerprint), facts: { bits, fingerprint, file } };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { name, state: "failed", text: `${error.message} (${error.code})` };
  }
}

/** @param tenant - `undefined` where its certificates can't be read */
export function keyNameCheck(keyName: string | undefined, tenant: Tenant | undefined): Check {
  const name = "key name";
  if (keyName === undefined) {
    const [known, ...others] = tenant?.keyNames ?? [];
    const hint =
      known !== undefined && others.length === 0 ? `; this tenant's certificates name "${printable(known[0])}"` : "";
    return { name, state: "unknown", text: `none is set (--key-name)${hint}` };
  }
  if (tenant === undefined) {
    return { name, state: "unknown", text: `"${printable(keyName)}", not compared: certificates can't be read` };
  }
  const { state, text } = compareKeyName(keyName, tenant);
  const facts = { keyName };
  if (state === "new") return { name, state: "failed", text: `${text} (KEY_NAME_NEW)`, facts };
  if (state === "nothing to compare")
    return { name, state: "unknown", text: `"${printable(keyName)}": ${text}`, facts };
  return { name, state: "ok", text, facts };
}
