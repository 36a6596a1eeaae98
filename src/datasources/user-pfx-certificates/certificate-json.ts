/**
 * A certificate in Graph's JSON: the body of a write, and a response, checked. Redacted secrets and enum members that this build
 * does not know become null.
 */
import { hideSecrets } from "../../hide-secrets.ts";
import { isRecord } from "../../json.ts";
import { UserPfxIntendedPurpose, UserPfxPaddingScheme } from "../../schema/enum-values.ts";
import type { UpdateUserPfxCertificateInput } from "../../schema/update-user-pfx-certificate-input.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import { withoutLineBreaks } from "../../schema/validation/line-breaks.ts";
import type { Base64Property, GraphEntity } from "../graph/protocol/body-encoding.ts";
import { type GraphPage, queryOfNextLink } from "../graph/protocol/paging.ts";
import { collectionPath, isCertificateId } from "./path.ts";

const purposes: readonly UserPfxIntendedPurpose[] = Object.values(UserPfxIntendedPurpose);
const paddingSchemes: readonly UserPfxPaddingScheme[] = Object.values(UserPfxPaddingScheme);

/** The body of a write. JSON omits undefined properties. `body-encoding.ts` puts the file in its place. */
export class UserPfxCertificateBody implements GraphEntity {
  readonly "@odata.type" = "#microsoft.graph.userPFXCertificate";
  readonly thumbprint: string | undefined;
  readonly intendedPurpose: UserPfxIntendedPurpose | undefined;
  readonly userPrincipalName: string | undefined;
  readonly startDateTime: string | undefined;
  readonly expirationDateTime: string | undefined;
  readonly providerName: string | undefined;
  readonly keyName: string | undefined;
  readonly paddingScheme: UserPfxPaddingScheme | undefined;
  /** Empty: the file's place. */
  readonly encryptedPfxBlob: "" | undefined;
  readonly encryptedPfxPassword: string | undefined;
  readonly #file: string | undefined;

  constructor(input: UpdateUserPfxCertificateInput) {
    this.thumbprint = input.thumbprint;
    this.intendedPurpose = input.intendedPurpose;
    this.userPrincipalName = input.userPrincipalName;
    this.startDateTime = input.startDateTime;
    this.expirationDateTime = input.expirationDateTime;
    this.providerName = input.providerName;
    this.keyName = input.keyName;
    this.paddingScheme = input.paddingScheme;
    this.encryptedPfxBlob = input.encryptedPfxBlob && "";
    this.encryptedPfxPassword = input.encryptedPfxPassword && withoutLineBreaks(input.encryptedPfxPassword);
    this.#file = input.encryptedPfxBlob;
  }

  get base64(): Base64Property | undefined {
    return this.#file === undefined ? undefined : { property: "encryptedPfxBlob", text: this.#file };
  }

  /** What must not come back in an error. */
  get secrets(): readonly string[] {
    return hideSecrets([this.#file, this.encryptedPfxPassword].filter((value) => value !== undefined));
  }
}
hideSecrets(UserPfxCertificateBody.prototype);

/** A certificate of a response, checked. A class, so that one prototype hides the secrets of all instances. */
class AnsweredCertificate implements UserPfxCertificate {
  id: string;
  thumbprint: string | null;
  intendedPurpose: UserPfxIntendedPurpose | null;
  userPrincipalName: string | null;
  startDateTime: string | null;
  expirationDateTime: string | null;
  providerName: string | null;
  keyName: string | null;
  paddingScheme: UserPfxPaddingScheme | null;
  encryptedPfxBlob: string | null;
  encryptedPfxPassword: string | null;
  createdDateTime: string | null;
  lastModifiedDateTime: string | null;
  /** Undefined: as the id says. */
  #userId: string | null | undefined;

  /** @throws {TypeError} if a property has another type. */
  constructor(id: string, value: Readonly<Record<string, unknown>>, onUnknownMember: (property: string) => void) {
    this.id = id;
    this.thumbprint = textOf(value.thumbprint);
    this.intendedPurpose = memberOf(purposes, value.intendedPurpose, "intendedPurpose", onUnknownMember);
    this.userPrincipalName = textOf(value.userPrincipalName);
    this.startDateTime = textOf(value.startDateTime);
    this.expirationDateTime = textOf(value.expirationDateTime);
    this.providerName = textOf(value.providerName);
    this.keyName = textOf(value.keyName);
    this.paddingScheme = memberOf(paddingSchemes, value.paddingScheme, "paddingScheme", onUnknownMember);
    const [file, password] = [textOf(value.encryptedPfxBlob), textOf(value.encryptedPfxPassword)];
    this.encryptedPfxBlob = file === "AA==" ? null : file; // Graph's redacted value
    this.encryptedPfxPassword = password === "" ? null : password;
    this.createdDateTime = textOf(value.createdDateTime);
    this.lastModifiedDateTime = textOf(value.lastModifiedDateTime);
  }

  /** Tells the entity's type. */
  get __typename(): "UserPfxCertificate" {
    return "UserPfxCertificate";
  }

  /** Computed when it is asked for, which is rare. */
  get userId(): string | null {
    return this.#userId === undefined ? userIdOf(this.id) : this.#userId;
  }

  set userId(userId: string | null) {
    this.#userId = userId;
  }
}
hideSecrets(AnsweredCertificate.prototype);

/** Graph makes a certificate's id of the user's object id, without dashes, and the thumbprint. */
export function userIdOf(id: string): string | null {
  const [, ...parts] =
    /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})-[0-9a-f]{40}$/i.exec(id) ?? [];
  return parts.length === 0 ? null : parts.join("-").toLowerCase();
}

function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return null;
  throw new TypeError("no text");
}

function memberOf<Member extends string>(
  known: readonly Member[],
  wire: unknown,
  property: string,
  onUnknown: (property: string) => void,
): Member | null {
  const found = known.find((member) => member === wire);
  if (found === undefined && wire != null) onUnknown(property);
  return found ?? null;
}

/**
 * The certificate, or `undefined` if the value is no certificate: no object, no id, or a property of another type.
 *
 * @param onUnknownMember receives the name of a property whose enum member this build does not know.
 */
export function userPfxCertificateOf(
  value: unknown,
  onUnknownMember: (property: string) => void,
): UserPfxCertificate | undefined {
  if (!isRecord(value) || !isCertificateId(value.id)) return undefined;
  try {
    return new AnsweredCertificate(value.id, value, onUnknownMember);
  } catch {
    return undefined;
  }
}

/**
 * A page in Graph's JSON; `undefined` if it is none, or if its next link leads to another collection or host. An item that is no
 * certificate does not hide the others.
 */
export function pageOfUserPfxCertificates(
  body: unknown,
  baseUrl: URL,
  decode: (value: unknown) => UserPfxCertificate | undefined,
): GraphPage<UserPfxCertificate> | undefined {
  if (!isRecord(body) || !Array.isArray(body.value)) return undefined;
  const items: UserPfxCertificate[] = [];
  const oddItems: unknown[] = [];
  for (const value of body.value) {
    const certificate = decode(value);
    if (certificate === undefined) oddItems.push(value);
    else items.push(certificate);
  }
  const nextLink = body["@odata.nextLink"] ?? "";
  if (typeof nextLink !== "string") return undefined;
  if (nextLink.trim() === "") return { items, oddItems, nextQuery: undefined };
  const nextQuery = queryOfNextLink(nextLink, baseUrl, collectionPath);
  return nextQuery === undefined ? undefined : { items, oddItems, nextQuery };
}
