/**
 * Reads a body as a userPFXCertificate and checks JSON, property names and types. As in Graph's type, missing enums get their
 * zero member and missing provider and key names become null. A create needs all other properties.
 */
import { type Call, isRecord } from "./exchange.ts";
import { badRequest, GraphFailure } from "./failure.ts";
import { intendedPurposes, type NewRecord, paddingSchemes, type WritableProperties } from "./record.ts";
import type { Settings } from "./settings.ts";
import { instantOf } from "./timestamp.ts";

type Changes = { -readonly [Key in keyof WritableProperties]?: WritableProperties[Key] };
type Rules = Pick<Settings, "readOnlyProperties" | "refusedPaddingSchemes" | "checksThumbprint">;

const typeName = "microsoft.graph.userPFXCertificate";

/** The properties in a body, each checked; other properties are absent. */
export function changesFrom(call: Call, rules: Rules): Changes {
  const changes: Changes = {};
  for (const [name, value] of Object.entries(objectIn(call))) set(changes, name, value, rules);
  return changes;
}

/** A whole new certificate. */
export function creationFrom(call: Call, rules: Rules): NewRecord {
  const changes = changesFrom(call, rules);
  return {
    ...(rules.readOnlyProperties === "store" ? timestampsIn(call) : {}),
    thumbprint: needed("thumbprint", changes.thumbprint),
    intendedPurpose: changes.intendedPurpose ?? "unassigned",
    userPrincipalName: needed("userPrincipalName", changes.userPrincipalName),
    startDateTime: needed("startDateTime", changes.startDateTime),
    expirationDateTime: needed("expirationDateTime", changes.expirationDateTime),
    providerName: changes.providerName ?? null,
    keyName: changes.keyName ?? null,
    paddingScheme: changes.paddingScheme ?? "none",
    encryptedPfxBlob: needed("encryptedPfxBlob", changes.encryptedPfxBlob),
    encryptedPfxPassword: needed("encryptedPfxPassword", changes.encryptedPfxPassword),
  };
}

/** The service's timestamps in a body. */
function timestampsIn(call: Call): Pick<NewRecord, "createdDateTime" | "lastModifiedDateTime"> {
  const { createdDateTime, lastModifiedDateTime } = objectIn(call);
  const isInstant = (value: unknown) => typeof value === "string" && instantOf(value) !== undefined;
  return {
    ...(isInstant(createdDateTime) ? { createdDateTime: String(createdDateTime) } : {}),
    ...(isInstant(lastModifiedDateTime) ? { lastModifiedDateTime: String(lastModifiedDateTime) } : {}),
  };
}

function objectIn(call: Call): Readonly<Record<string, unknown>> {
  if (!/^application\/json\s*(;|$)/i.test(call.headers["content-type"] ?? "")) {
    throw new GraphFailure(415, "The media type of the request body is not supported; send application/json.", {
      by: "graph",
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(call.body);
  } catch {
    throw new GraphFailure(400, "Unable to read JSON request payload. Please ensure it is well formed.", {
      by: "graph",
    });
  }
  if (!isRecord(value)) throw badRequest("An entity was expected as the request body.");
  return value;
}

function set(changes: Changes, name: string, value: unknown, rules: Rules): void {
  switch (name) {
    case "thumbprint":
      changes.thumbprint = text(
        name,
        value,
        (given) => !rules.checksThumbprint || /^[0-9a-f]{40}$/i.test(given),
        "40 hexadecimal digits",
      );
      break;
    case "intendedPurpose":
      changes.intendedPurpose = member(name, value, intendedPurposes);
      break;
    case "userPrincipalName":
      changes.userPrincipalName = text(name, value, isUserPrincipalName, "a user principal name");
      break;
    case "startDateTime":
    case "expirationDateTime":
      changes[name] = text(name, value, (given) => instantOf(given) !== undefined, "a date and time with an offset");
      break;
    case "providerName":
    case "keyName":
      changes[name] = value === null ? null : text(name, value, () => true, "a string");
      break;
    case "paddingScheme":
      changes.paddingScheme = member(
        name,
        value,
        paddingSchemes.filter((scheme) => !rules.refusedPaddingSchemes.includes(scheme)),
      );
      break;
    case "encryptedPfxBlob":
    case "encryptedPfxPassword":
      changes[name] = text(name, value, isBase64, "base64");
      break;
    case "@odata.type":
      if (value !== `#${typeName}`) throw badRequest(`The type of the entity must be '#${typeName}'.`);
      break;
    case "id":
    case "createdDateTime":
    case "lastModifiedDateTime":
      if (rules.readOnlyProperties === "refuse") throw badRequest(`The property '${name}' is read-only.`);
      break;
    default:
      if (name.startsWith("@")) break; // Annotations are ignored, as by a service that does not know them.
      throw badRequest(`The property '${name}' does not exist on type '${typeName}'.`);
  }
}

function text(name: string, value: unknown, fits: (given: string) => boolean, what: string): string {
  if (typeof value !== "string" || !fits(value)) throw badRequest(`The value of '${name}' must be ${what}.`);
  return value;
}

function member<Member extends string>(name: string, value: unknown, members: readonly Member[]): Member {
  const wanted = typeof value === "string" ? value.toLowerCase() : undefined;
  const found = members.find((known) => known.toLowerCase() === wanted);
  if (found === undefined) throw badRequest(`The value of '${name}' is not a member of its enumeration.`);
  return found;
}

function needed<Value>(name: string, value: Value | undefined): Value {
  if (value === undefined) throw badRequest(`The property '${name}' is required.`);
  return value;
}

function isBase64(given: string): boolean {
  return given.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(given);
}

function isUserPrincipalName(given: string): boolean {
  return given.length <= 1024 && /^[^\s@"(),:;<>[\]\\]+@[^\s@"(),:;<>[\]\\.]+(\.[^\s@"(),:;<>[\]\\.]+)+$/.test(given);
}
