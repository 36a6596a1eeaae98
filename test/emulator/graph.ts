/**
 * What the emulator's tests share: a valid certificate to send, and one way to send it that shows status, headers and
 * body as they came over the wire.
 */
import { type Dispatcher, request } from "undici";
import type { NewRecord } from "../../src/emulator/record.ts";
import { encryptedPassword } from "../support/encrypted-password.ts";

export const collection = "/v1.0/deviceManagement/userPfxCertificates";

/** A certificate's number; certificates of different numbers have different keys. */
export function aCertificate(number = 1): NewRecord {
  return {
    thumbprint: number.toString(16).padStart(40, "0"),
    intendedPurpose: "smimeEncryption",
    userPrincipalName: `user${number}@contoso.example`,
    startDateTime: "2026-12-31T23:58:46.7156189-07:00",
    expirationDateTime: "2028-12-31T23:57:57.2481234-07:00",
    providerName: "Microsoft Software Key Storage Provider",
    keyName: "PFXEncryptionKey",
    paddingScheme: "oaepSha512",
    encryptedPfxBlob: "ZW5jcnlwdGVkUGZ4QmxvYg==",
    encryptedPfxPassword: encryptedPassword,
  };
}

export interface Sent {
  readonly body?: unknown;
  /** Undefined takes a header away that would be sent otherwise. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

export interface Received {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Send one request; a body that is no string goes as JSON. */
export async function send(
  emulator: { readonly url: string },
  method: Dispatcher.HttpMethod,
  path: string,
  { body, headers = {}, signal }: Sent = {},
): Promise<Received> {
  const answer = await request(`${emulator.url}${path}`, {
    method,
    headers: {
      authorization: "Bearer token",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await answer.body.text();
  return { status: answer.statusCode, headers: answer.headers, text, json: objectIn(text) };
}

/** Percent-encode a filter the way a careful client does. */
export const filtered = (filter: string): string => `${collection}?$filter=${encodeURIComponent(filter)}`;

/** The `value` array of a list answer. */
export function rowsOf(received: Received): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(received.json.value) ? received.json.value : [];
}

/** The error a Graph envelope holds. */
export function errorOf(received: Received): { code: unknown; message: string } {
  const { error } = received.json;
  if (typeof error !== "object" || error === null) throw new Error(`No error in ${received.text}`);
  return {
    code: "code" in error ? error.code : undefined,
    message: "message" in error ? String(error.message) : "",
  };
}

export function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
  } catch {
    return {};
  }
}
