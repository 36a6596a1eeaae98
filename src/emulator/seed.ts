/**
 * Sample users and certificates. All data is invented and derived from numbers, so it is the same at every start. Blobs are
 * noise of a realistic size, not certificates.
 */
import { createHash } from "node:crypto";
import type { IntendedPurpose, NewRecord, PaddingScheme } from "./record.ts";

interface Sketch {
  readonly userPrincipalName: string;
  readonly intendedPurpose: IntendedPurpose;
  readonly paddingScheme: PaddingScheme;
  readonly startDateTime?: string;
  readonly expirationDateTime?: string;
}

const domain = "contoso.onmicrosoft.com";
const dayMs = 86_400_000;

const sketches: readonly Sketch[] = [
  { userPrincipalName: `AdeleV@${domain}`, intendedPurpose: "smimeEncryption", paddingScheme: "oaepSha512" },
  { userPrincipalName: `AlexW@${domain}`, intendedPurpose: "smimeSigning", paddingScheme: "oaepSha512" },
  { userPrincipalName: `miriam.o'brien@${domain}`, intendedPurpose: "smimeEncryption", paddingScheme: "oaepSha384" },
  {
    userPrincipalName: `pat_fabrikam.com#EXT#@${domain}`,
    intendedPurpose: "smimeEncryption",
    paddingScheme: "oaepSha256",
  },
  {
    userPrincipalName: `DiegoS@${domain}`,
    intendedPurpose: "wifi",
    paddingScheme: "oaepSha512",
    startDateTime: "2021-03-01T00:00:00Z",
    expirationDateTime: "2023-03-01T00:00:00Z",
  },
  { userPrincipalName: `GradyA@${domain}`, intendedPurpose: "smimeSigning", paddingScheme: "oaepSha256" },
  {
    userPrincipalName: `HenriettaM@${domain}`,
    intendedPurpose: "smimeEncryption",
    paddingScheme: "oaepSha512",
    startDateTime: "2025-12-31T23:59:40.1234567-08:00",
    expirationDateTime: "2035-12-31T23:57:57.7654321-08:00",
  },
  { userPrincipalName: `IsaiahL@${domain}`, intendedPurpose: "vpn", paddingScheme: "oaepSha384" },
  { userPrincipalName: `JoniS@${domain}`, intendedPurpose: "unassigned", paddingScheme: "none" },
  { userPrincipalName: `LeeG@${domain}`, intendedPurpose: "wifi", paddingScheme: "pkcs1" },
  { userPrincipalName: `LynneR@${domain}`, intendedPurpose: "smimeSigning", paddingScheme: "oaepSha1" },
  { userPrincipalName: `NestorW@${domain}`, intendedPurpose: "smimeEncryption", paddingScheme: "oaepSha512" },
];

/** A password encrypted with RSA-OAEP and SHA-512 for a throw-away key of 2,048 bits. All certificates have the same one. */
const encryptedPfxPassword =
  "garVz3Syl3fUdWbOWEcGX+QoXTgfO+jiQC6Iqbi6X2zJm1StapmRitvVGN77a4SDihlWN1WEUOlpd6UuLT19BZoVAImjRp+ZGkrSdZrf3nb4jr6E6oZTtuyH4wINq/TWTKBoSzIZ6VftpIhOm1+4jHlpDeFnKX+7Q/Xgn8KLuVZD4iNgzi7bwRtXSo5s0iK1Jv6Yyq3Cs0QLcNAX4mK8PYqkJiZ/5r0fxJ/Se/8R+z4Y9zEdkFNjMh6N3zVW/AQbVcDKfuIjrQ54OEafJmvWHoUa+8HM8mKAmWdJEhsxQ3/GeBamHeSqvC3GM9JyqyxJlCvZ1B7/ce/xayi92JdhLg==";

/** Nestor's certificate expires soon. */
const expiringSoon = 11;

/**
 * A dozen certificates of a dozen people, or `count` of as many numbered people.
 *
 * @param nowMs The day from which one certificate of the dozen has nine days left; default today.
 */
export function seedRecords(count?: number, nowMs: number = Date.now()): NewRecord[] {
  if (count !== undefined) {
    return Array.from({ length: count }, (_, index) => {
      const userPrincipalName = `user${String(index + 1).padStart(5, "0")}@${domain}`;
      return recordFrom({ userPrincipalName, intendedPurpose: "smimeEncryption", paddingScheme: "oaepSha512" }, index);
    });
  }
  const soon = `${new Date(Math.floor(nowMs / dayMs) * dayMs + 9 * dayMs).toISOString().slice(0, 19)}Z`;
  return sketches.map((sketch, index) =>
    recordFrom(index === expiringSoon ? { ...sketch, expirationDateTime: soon } : sketch, index),
  );
}

function recordFrom(sketch: Sketch, index: number): NewRecord {
  const createdDateTime = new Date(Date.UTC(2026, 1, 1, 0, 0, index)).toISOString().replace("Z", "5965Z");
  return {
    startDateTime: "2026-01-01T00:00:00Z",
    expirationDateTime: "2036-01-01T00:00:00Z",
    ...sketch,
    thumbprint: createHash("sha1").update(`certificate ${index}`).digest("hex"),
    providerName: "Microsoft Software Key Storage Provider",
    keyName: "PFXEncryptionKey",
    encryptedPfxBlob: noise(`blob ${index}`, 2400),
    encryptedPfxPassword,
    createdDateTime,
  };
}

function noise(seed: string, bytes: number): string {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, block) =>
    createHash("sha256").update(`${seed} ${block}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, bytes).toString("base64");
}
