/**
 * The validation rules of the input types: class-validator decorators with our own messages. A message completes the sentence
 * "`path` …" and never quotes the value.
 */
import { IsDefined, Matches, ValidateBy, ValidateIf, type ValidationArguments } from "class-validator";
import { isBase64 } from "../base64.ts";
import { isBefore } from "./instant.ts";
import { withoutLineBreaks } from "./line-breaks.ts";

/** Maximum size of a PFX file, decoded. PFX files usually have a few KB. */
const maxBlobBytes = 1_048_576;

/** Forty hexadecimal digits in either case; the data source sends them in lower case. */
export const IsThumbprint = (): PropertyDecorator =>
  Matches(/^[0-9a-f]{40}$/i, { message: "must be a SHA-1 thumbprint: 40 hexadecimal digits" });

/**
 * One `@` with text on both sides. Guests (`#EXT#`) and apostrophes are allowed; white space and control characters are not.
 */
export const IsUserPrincipalName = (): PropertyDecorator =>
  Matches(/^(?=.{3,1024}$)[^@\s\p{Cc}\p{Cs}]+@[^@\s\p{Cc}\p{Cs}]+$/u, {
    message: "must be a user principal name: one @, no white space or control characters, at most 1024 characters",
  });

/** The name of a provider or key. */
export const IsName = (): PropertyDecorator =>
  Matches(/^(?=\s*\S)[^\p{Cc}\p{Cs}]{1,1024}$/u, {
    message: "must not be blank, must have no control characters and at most 1024 characters",
  });

/** Rejects `AA==`, which Graph returns on reads instead of the file: storing it would destroy the certificate. */
export const IsPfxBlob = (): PropertyDecorator =>
  ValidateBy(
    {
      name: "isPfxBlob",
      validator: {
        validate: (value: unknown) =>
          typeof value === "string" &&
          value.length > 0 &&
          Buffer.byteLength(value, "base64") <= maxBlobBytes &&
          value !== "AA==",
      },
    },
    { message: "must be a PFX file of at most 1 MiB, and not AA==, which Graph returns instead of the file on reads" },
  );

/** Sizes of an RSA ciphertext, for keys of 1,024 to 8,192 bits. */
const minCiphertextBytes = 128;
const maxCiphertextBytes = 1024;

/** The encrypted password. Intune stores any value, and the import then fails on the user's device, days later. */
export const IsEncryptedPassword = (): PropertyDecorator =>
  ValidateBy(
    {
      name: "isEncryptedPassword",
      validator: {
        validate(value: unknown) {
          if (typeof value !== "string") return false;
          const bytes = bytesOfBase64(value);
          return bytes !== undefined && bytes >= minCiphertextBytes && bytes <= maxCiphertextBytes;
        },
      },
    },
    {
      message: ({ value }) =>
        `must be the encrypted password: standard base64 of ${minCiphertextBytes} to ${maxCiphertextBytes} bytes, an RSA ciphertext. ` +
        `This value ${mostLikely(value)}. Encrypt the password with the connector's public key (RSA-OAEP); ` +
        "the package intune-pfx-client and the command intune-pfx encrypt do that",
    },
  );

/** Length of the decoded base64, ignoring line breaks; undefined if the text is no base64. */
function bytesOfBase64(value: string): number | undefined {
  const text = withoutLineBreaks(value);
  return isBase64(text) ? Buffer.byteLength(text, "base64") : undefined;
}

/** Guesses what the value is instead of an encrypted password. The text contains no part of the value. */
function mostLikely(value: unknown): string {
  if (typeof value !== "string" || value.trim() === "") return "is empty, as Graph returns it on reads";
  const bytes = bytesOfBase64(value);
  return bytes !== undefined && bytes > maxCiphertextBytes
    ? "is too large for an encrypted password and is most likely the PFX file"
    : "is most likely a password in clear text";
}

/** Strictly before another date-time property of the same input, if that one is given. */
export const IsBefore = (property: string): PropertyDecorator =>
  ValidateBy(
    {
      name: "isBefore",
      constraints: [property],
      validator: {
        validate(value: unknown, args?: ValidationArguments) {
          const other = Object.entries(args?.object ?? {}).find(([name]) => name === property)?.[1];
          return typeof value !== "string" || typeof other !== "string" || isBefore(value, other);
        },
      },
    },
    { message: `must be before ${property}` },
  );

/** For updates: the other rules apply only if the property is given. An omitted property keeps its value. */
export const IfGiven = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

/** For updates: a given property must have a value. No property of Graph's certificates can be set to null. */
export const IsNotNull = (): PropertyDecorator =>
  IsDefined({ message: "must not be null; omit it to keep the stored value" });
