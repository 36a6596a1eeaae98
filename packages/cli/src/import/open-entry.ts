/** Opens one file and prepares what would be sent: an item for each certificate, or the reason why there is none. */
import { type ConnectorPublicKey, inspectPfx, PfxError, prepareUserPfxCertificate } from "intune-pfx-client";
import { FileError } from "../files/file-error.ts";
import type { Passwords } from "../files/passwords.ts";
import { readFileBytes } from "../files/read-file-bytes.ts";
import { type Entry, type Item, type ItemWarning, type Result, resultOf } from "./item.ts";

export interface Connector {
  readonly publicKey: ConnectorPublicKey;
  readonly keyName: string;
  readonly providerName: string;
  readonly paddingScheme: "OAEP_SHA256" | "OAEP_SHA384" | "OAEP_SHA512";
  readonly protection: "compatible" | "modern";
}

export interface OpenContext {
  readonly connector: Connector;
  readonly passwords: Passwords;
  /** Every certificate of a file whose key is in it, each as a file of its own. */
  readonly all: boolean;
  readonly now: Date;
  readonly signal: AbortSignal;
}

export type Opened = { readonly item: Item } | { readonly result: Result };

/**
 * Expired certificates are opened, too: what Intune has already is no failure because it has expired since.
 *
 * @throws the signal's reason
 */
export async function openEntry(entry: Entry, context: OpenContext): Promise<readonly Opened[]> {
  const { problem } = entry;
  if (problem !== undefined) return [{ result: resultOf({ entry }, "failed", problem) }];
  const { passwords, signal, all } = context;
  try {
    const bytes = await readFileBytes(entry.path);
    const file = { path: entry.path, name: entry.source, password: entry.password, passwordFile: entry.passwordFile };
    const { result } = await passwords.open(file, async (password) => {
      const thumbprints = all && entry.thumbprint === undefined ? await thumbprintsOf(bytes, password, signal) : [];
      if (thumbprints.length < 2) return [await prepare(bytes, password, entry, context)];
      const opened: Opened[] = [];
      for (const thumbprint of thumbprints) {
        // A failure of one certificate is its own: the password has proved right.
        opened.push(
          await prepare(bytes, password, { ...entry, thumbprint }, context).catch((error: unknown) =>
            failureOf({ ...entry, source: `${entry.source} ${thumbprint.slice(0, 8)}...` }, error, signal),
          ),
        );
      }
      return opened;
    });
    return result;
  } catch (error) {
    return [failureOf(entry, error, signal)];
  }
}

/** The certificates of the file that have a key, but for those of authorities. */
async function thumbprintsOf(bytes: Uint8Array, password: string, signal: AbortSignal): Promise<string[]> {
  const { certificates } = await inspectPfx(bytes, password, { signal });
  return certificates.filter(({ hasPrivateKey, isCa }) => hasPrivateKey && !isCa).map(({ thumbprint }) => thumbprint);
}

async function prepare(bytes: Uint8Array, password: string, entry: Entry, context: OpenContext): Promise<Opened> {
  const { connector, now, signal } = context;
  const { input, certificate, warnings, userSource } = await prepareUserPfxCertificate(bytes, password, {
    ...connector,
    userPrincipalName: entry.user,
    intendedPurpose: entry.purpose,
    thumbprint: entry.thumbprint,
    allowExpired: true,
    now,
    signal,
  });
  const [only, ...others] = certificate.userPrincipalNames;
  if (
    entry.userFrom === "file name" &&
    only !== undefined &&
    others.length === 0 &&
    !isSame(only, input.userPrincipalName)
  ) {
    throw new FileError(
      "USER_DIFFERS",
      `the file's name says ${input.userPrincipalName}, the certificate ${only}; say who it is with --user, or in a list`,
    );
  }
  const fromEmail: ItemWarning[] =
    userSource === "emailAddress"
      ? [
          {
            code: "USER_FROM_EMAIL",
            message: `the user was taken from the certificate's e-mail address ${input.userPrincipalName}`,
          },
        ]
      : [];
  return {
    item: {
      entry,
      input,
      facts: {
        user: input.userPrincipalName,
        thumbprint: input.thumbprint,
        purpose: input.intendedPurpose,
        startDateTime: input.startDateTime,
        expirationDateTime: input.expirationDateTime,
        userSource: entry.userFrom === "file name" || entry.userFrom === "list" ? entry.userFrom : userSource,
        warnings: [...warnings, ...fromEmail],
      },
    },
  };
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function failureOf(entry: Entry, error: unknown, signal: AbortSignal): Opened {
  signal.throwIfAborted();
  if (!(error instanceof PfxError) && !(error instanceof FileError)) throw error;
  const { code, message } = error;
  return { result: resultOf({ entry }, "failed", { code, message: adviceFor(code, message) }) };
}

/** The library speaks of options; here they have flags. */
function adviceFor(code: string, message: string): string {
  switch (code) {
    case "SEVERAL_CERTIFICATES":
      return `${message}: import all with --all, or name one with --thumbprint or in a column "thumbprint"`;
    case "PURPOSE_UNKNOWN":
      return `${message} with --purpose, or in a column "purpose"`;
    case "USER_UNKNOWN":
      return `${message} with --user, in a column "user", or as the file's name`;
    default:
      return message;
  }
}
