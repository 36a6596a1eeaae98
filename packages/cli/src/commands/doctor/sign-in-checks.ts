/** Whether the gateway accepts the sign-in, and lets certificates be read. */
import { UserPfxCertificatesDocument } from "intune-pfx-client/operations";
import { CliError } from "../../cli-error.ts";
import type { Io } from "../../io.ts";
import { count } from "../../output/words.ts";
import type { Settings } from "../../settings/settings.ts";
import type { SignIn } from "../../sign-in/sign-in.ts";
import { type Connection, connect } from "../connect.ts";
import { type Check, oneLine } from "./check.ts";
import { readTenant, type Tenant } from "./tenant.ts";

/** Reading all certificates takes seconds; more than this, and something is wrong. */
const readLimitMs = 60_000;

export interface SignInFindings {
  readonly signIn: Check;
  readonly read: Check;
  /** `undefined` where certificates can't be read. */
  readonly tenant: Tenant | undefined;
}

/** @throws the signal's reason */
export async function signInChecks(
  settings: Settings & { readonly gateway: URL },
  io: Io,
  { noInput, isJson, signal }: { noInput: boolean; isJson: boolean; signal: AbortSignal },
): Promise<SignInFindings> {
  const timeUp = new AbortController();
  const limited = AbortSignal.any([signal, timeUp.signal]);
  let timer: NodeJS.Timeout | undefined;
  try {
    const connection = connect(settings, io, { noInput, isJson, signal: limited });
    // A person who signs in may take minutes: the limit begins afterwards.
    await connection.signIn.token(signal);
    timer = setTimeout(() => timeUp.abort(), readLimitMs).unref();
    return await readChecks(connection, io, limited);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof CliError)) throw error;
    return failedSignIn(shortened(error.message));
  } finally {
    clearTimeout(timer);
  }
}

async function readChecks(
  { client, session, signIn }: Connection,
  io: Io,
  signal: AbortSignal,
): Promise<SignInFindings> {
  const accepted: Check = { name: "sign-in", state: "ok", text: signInText(signIn, io) };
  try {
    // Once and without patience: what does not answer is seen at once.
    const first = await client.send("UserPfxCertificates", UserPfxCertificatesDocument, { first: 1 }, signal);
    if ("failure" in first) {
      const { code, message } = first.failure;
      const hint = signIn.mode === "none" ? " It wants a sign-in: choose one with --auth." : "";
      if (code === "UNAUTHENTICATED" || code === "CLAIMS_CHALLENGE") {
        return failedSignIn(`the gateway does not accept it: ${message} (${code})${hint}`);
      }
      return { signIn: accepted, read: readFailed(`${message} (${code})`), tenant: undefined };
    }
    const tenant = await readTenant(session);
    const { certificates } = tenant;
    const read: Check = {
      name: "read",
      state: "ok",
      text: count(certificates, "certificate"),
      facts: { certificates },
    };
    return { signIn: accepted, read, tenant };
  } catch (error) {
    if (error instanceof CliError) return { signIn: accepted, read: readFailed(error.message), tenant: undefined };
    if (!signal.aborted) throw error;
    const text = `not all certificates came within ${readLimitMs / 1000} s`;
    return { signIn: accepted, read: readFailed(text), tenant: undefined };
  }
}

/** Where there is no gateway to sign in to. */
export function signInUntested(): SignInFindings {
  const text = "not tested: the gateway can't be reached";
  return {
    signIn: { name: "sign-in", state: "unknown", text },
    read: { name: "read", state: "unknown", text },
    tenant: undefined,
  };
}

function failedSignIn(text: string): SignInFindings {
  return {
    signIn: { name: "sign-in", state: "failed", text },
    read: { name: "read", state: "unknown", text: "not tested: nobody is signed in" },
    tenant: undefined,
  };
}

function readFailed(text: string): Check {
  return { name: "read", state: "failed", text };
}

/** `kim@contoso.com by browser, token valid for 74 min` */
export function signInText(signIn: SignIn, io: Io): string {
  if (signIn.mode === "none") return "none";
  const account = signIn.account();
  const who = account?.user === undefined ? `by ${signIn.mode}` : `${account.user} by ${signIn.mode}`;
  if (account?.expiresAt === undefined) return who;
  const minutes = Math.floor((account.expiresAt.getTime() - io.now().getTime()) / 60_000);
  return `${who}, token valid for ${minutes} min`;
}

/** A message for a table: its first paragraph, and the options that it lists below. */
function shortened(message: string): string {
  const [first = "", ...others] = message.split("\n\n");
  const options = new Set([...others.join("\n").matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option]) => option));
  const list = options.size === 0 ? "" : ` (${[...options].join(", ")})`;
  return `${oneLine(first).replace(/^Nothing was sent: /, "")}${list}`;
}
