/**
 * A record of the emulated tenant: one user's imported certificate, including secrets, and the rule for its id. Strings are
 * stored unchanged; only enum names get Graph's spelling.
 */
import { createHash } from "node:crypto";

export const intendedPurposes = ["unassigned", "smimeEncryption", "smimeSigning", "vpn", "wifi"] as const;
export type IntendedPurpose = (typeof intendedPurposes)[number];

export const paddingSchemes = ["none", "pkcs1", "oaepSha1", "oaepSha256", "oaepSha384", "oaepSha512"] as const;
export type PaddingScheme = (typeof paddingSchemes)[number];

/** The ten properties a client may write. */
export interface WritableProperties {
  readonly thumbprint: string;
  readonly intendedPurpose: IntendedPurpose;
  readonly userPrincipalName: string;
  readonly startDateTime: string;
  readonly expirationDateTime: string;
  readonly providerName: string | null;
  readonly keyName: string | null;
  readonly paddingScheme: PaddingScheme;
  readonly encryptedPfxBlob: string;
  readonly encryptedPfxPassword: string;
}

/** A record for the store; the service's two timestamps default to the emulator's clock. */
export interface NewRecord extends WritableProperties {
  readonly createdDateTime?: string;
  readonly lastModifiedDateTime?: string;
}

/** A record as stored, under its id. */
export interface StoredRecord extends WritableProperties {
  readonly id: string;
  readonly createdDateTime: string;
  readonly lastModifiedDateTime: string;
}

/** The object id (a GUID) of the user with this name; the same for every spelling of the name. */
export function userObjectId(userPrincipalName: string): string {
  const hex = createHash("sha256").update(userPrincipalName.toLowerCase()).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The id Graph gives a certificate: the user's object id without dashes, a dash, the thumbprint in lowercase. */
export function certificateId(userPrincipalName: string, thumbprint: string): string {
  return `${userObjectId(userPrincipalName).replaceAll("-", "")}-${thumbprint.toLowerCase()}`;
}

/** The record as every GET returns it: with the two secrets redacted. */
export function redacted(record: StoredRecord): StoredRecord {
  return { ...record, encryptedPfxBlob: "AA==", encryptedPfxPassword: "" };
}

/** Only the entity's own properties, in Graph's order. */
export function canonical(record: StoredRecord): StoredRecord {
  return {
    id: record.id,
    thumbprint: record.thumbprint,
    intendedPurpose: record.intendedPurpose,
    userPrincipalName: record.userPrincipalName,
    startDateTime: record.startDateTime,
    expirationDateTime: record.expirationDateTime,
    providerName: record.providerName,
    keyName: record.keyName,
    paddingScheme: record.paddingScheme,
    encryptedPfxBlob: record.encryptedPfxBlob,
    encryptedPfxPassword: record.encryptedPfxPassword,
    createdDateTime: record.createdDateTime,
    lastModifiedDateTime: record.lastModifiedDateTime,
  };
}
