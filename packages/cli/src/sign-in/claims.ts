import { CliError, ExitCode } from "../cli-error.ts";
import { isRecord } from "./json.ts";

/** The JSON of a claims challenge. @param claims base64 of it, as the gateway gives it, or the JSON itself. */
export function readClaims(claims: string): string {
  const text = claims.trimStart().startsWith("{") ? claims : Buffer.from(claims, "base64").toString("utf8");
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return JSON.stringify(value);
  } catch {
    // said below
  }
  const message = "The gateway asks for another sign-in, but what it wants can't be read.";
  throw new CliError(ExitCode.SIGN_IN, "CLAIMS_CHALLENGE", message);
}
