/**
 * What Entra refuses, in our words. Its descriptions are not shown: they repeat names, ids and parts of the request. Its
 * number is, since one can search for it.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
import { AuthorizationResponseError, ResponseBodyError } from "oauth4webapi";
import { CliError, ExitCode } from "../cli-error.ts";
import { isRecord } from "./json.ts";

/** What to do about some of them, by number. */
const advice: Readonly<Record<number, string>> = {
  50011: 'The app registration must have the redirect URI "http://localhost" for mobile and desktop applications.',
  50105: "The account is not assigned to the application.",
  53000: "The tenant's policy asks for a managed device.",
  53003: "The tenant's policy (Conditional Access) blocks this sign-in.",
  65001: "An administrator must consent to the application first.",
  65004: "The consent was declined.",
  70011: "--scope is not valid for this application.",
  90002: "There is no such tenant; check --tenant and --cloud.",
  90094: "An administrator must consent to the application first.",
  500011: "There is no such API in this tenant; check --scope.",
  700016: "There is no such application in this tenant; check --client-id and --tenant.",
  700024: "Is this machine's clock right?",
  700027: "The certificate is not registered with the application.",
  700213: "The federated token matches no credential of the application.",
  900023: "There is no such tenant; check --tenant and --cloud.",
  1002012: '--scope must end in "/.default" where an application signs in.',
  7000215: "The client secret is wrong.",
  7000218: "The app registration must allow public client flows.",
  7000222: "The client secret has expired.",
  9002326: "The app registration must have a redirect URI for mobile and desktop applications.",
  9002327: "The app registration must have a redirect URI for mobile and desktop applications.",
};

/** The OAuth error of a refusal, such as `invalid_grant`; undefined for every other failure. */
export function oauthErrorOf(error: unknown): string | undefined {
  if (!(error instanceof ResponseBodyError) && !(error instanceof AuthorizationResponseError)) return undefined;
  return /^[a-z_]{1,64}$/.test(error.error) ? error.error : "unknown_error";
}

/**
 * @param error what oauth4webapi threw, or the fetch that it was given.
 * @param host of the authority.
 * @returns what to throw instead: an abort's reason, or a `CliError`.
 */
export function entraError(error: unknown, host: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof CliError) return error;
  const oauthError = oauthErrorOf(error);
  if (oauthError === undefined) {
    const message = `${host} does not answer as Microsoft Entra does. Is a proxy or a login page in between?`;
    return new CliError(ExitCode.STOPPED, "SIGN_IN_UNAVAILABLE", message);
  }
  const number = aadstsOf(error);
  const names = number === undefined ? oauthError : `AADSTS${number}, ${oauthError}`;
  const hint = (number && advice[number]) ?? (oauthError === "access_denied" && "The sign-in was declined.");
  const message = `Microsoft Entra refused the sign-in (${names}).${hint ? `\n${hint}` : ""}`;
  return new CliError(ExitCode.SIGN_IN, "SIGN_IN_FAILED", message);
}

function aadstsOf(error: unknown): number | undefined {
  if (!(error instanceof ResponseBodyError) && !(error instanceof AuthorizationResponseError)) return undefined;
  const codes: unknown = isRecord(error.cause) ? error.cause.error_codes : undefined;
  const [first]: unknown[] = Array.isArray(codes) ? codes : [];
  if (typeof first === "number" && Number.isSafeInteger(first)) return first;
  const [, digits] = /\bAADSTS(\d{4,9})\b/.exec(error.error_description ?? "") ?? [];
  return digits === undefined ? undefined : Number(digits);
}
