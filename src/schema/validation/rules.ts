/**
 * The validation rules of the input types: class-validator decorators with our own messages. A message completes the sentence
 * "`path` …" and never quotes the value.
 */
import { IsDefined, ValidateBy, ValidateIf, type ValidationArguments } from "class-validator";
import { isBase64 } from "../base64.ts";
import { found, hiddenCharacterIn, surroundingSpaceIn } from "./hidden-characters.ts";
import { isBefore } from "./instant.ts";
import { withoutLineBreaks } from "./line-breaks.ts";
import { cleanThumbprint } from "./thumbprint.ts";

/** Maximum size of a PFX file, decoded. PFX files usually have a few KB. */
const maxBlobBytes = 1_048_576;

/** Forty hexadecimal digits. The separators that people paste are ignored; the data source removes them. */
export const IsThumbprint = (): PropertyDecorator =>
  ValidateBy(
    {
      name: "isThumbprint",
      validator: { validate: (value: unknown) => typeof value === "string" && thumbprint.test(cleanThumbprint(value)) },
    },
    {
      message: ({ value }) =>
        typeof value === "string" && /^[0-9a-f]{64}$/.test(cleanThumbprint(value))
          ? "must be a SHA-1 thumbprint: 40 hexadecimal digits. This value has 64, as a SHA-256 thumbprint"
          : "must be a SHA-1 thumbprint: 40 hexadecimal digits",
    },
  );

const thumbprint = /^[0-9a-f]{40}$/;

/**
 * One `@` with text on both sides. Guests (`#EXT#`) and apostrophes are allowed. Microsoft Entra allows none of the refused
 * characters, so such a certificate would belong to nobody.
 */
export const IsUserPrincipalName = (): PropertyDecorator =>
  ValidateBy(
    {
      name: "isUserPrincipalName",
      validator: { validate: (value: unknown) => userPrincipalNameProblem(value) === undefined },
    },
    { message: ({ value }) => userPrincipalNameProblem(value) ?? "" },
  );

/** The rule that a user principal name breaks, without the value. */
export function userPrincipalNameProblem(value: unknown): string | undefined {
  const problem = typeof value === "string" ? problemOfUserPrincipalName(value) : undefined;
  if (typeof value === "string" && isOneAddress.test(value) && problem === undefined) return undefined;
  return withProblem(
    "must be a user principal name: one @, no white space or control characters, at most 1024 characters",
    problem,
  );
}

const isOneAddress = /^(?=.{3,1024}$)[^@\s]+@[^@\s]+$/u;

function problemOfUserPrincipalName(value: string): string | undefined {
  return (
    hiddenCharacterIn(value) ??
    surroundingSpaceIn(value) ??
    found("a quotation mark", /["\u201c-\u201f\u00ab\u00bb]/u, value) ??
    found("an angle bracket", /[<>]/u, value) ??
    found("a colon", /:/u, value) ??
    found("a comma", /,/u, value) ??
    (value.endsWith(".") ? "a dot at the end" : undefined)
  );
}

/** The name of a provider or key. */
export const IsName = (): PropertyDecorator =>
  ValidateBy(
    {
      name: "isName",
      validator: {
        validate: (value: unknown) =>
          typeof value === "string" && /^.{1,1024}$/u.test(value) && problemOfName(value) === undefined,
      },
    },
    {
      message: ({ value }) =>
        withProblem(
          "must not be blank, must have no control characters and at most 1024 characters",
          typeof value === "string" ? problemOfName(value) : undefined,
        ),
    },
  );

function problemOfName(value: string): string | undefined {
  return hiddenCharacterIn(value) ?? surroundingSpaceIn(value);
}

function withProblem(rule: string, problem: string | undefined): string {
  return problem === undefined ? rule : `${rule}. This value has ${problem}`;
}

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
