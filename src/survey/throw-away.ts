/**
 * The certificates that a survey makes, and the list of them. Each is on the list before it is sent, so that a create whose
 * answer is lost is deleted too. All have a random thumbprint and one key name, by which an administrator recognises them.
 *
 * Nothing uses them: their purpose is `unassigned`, or `vpn`, which Intune does not support. The connector cannot open them,
 * because their password is random bytes.
 */
import { randomBytes } from "node:crypto";
import { type GraphResponse, TransportError } from "../datasources/graph/protocol/request.ts";
import { isCertificateId } from "../datasources/user-pfx-certificates/path.ts";
import { isRecord } from "../json.ts";
import type { Session } from "./session.ts";

/** Names every throw-away certificate's key. */
export const surveyKeyName = "intune-pfx-gateway survey";

/** The change of an update. */
export const changedProviderName = "intune-pfx-gateway survey, changed";

/** A well-formed PKCS#12 file with a self-signed certificate and its key. Nobody has its password. */
const pfx = [
  "MIIELAIBAzCCA+IGCSqGSIb3DQEHAaCCA9MEggPPMIIDyzCCAoIGCSqGSIb3DQEHBqCCAnMwggJvAgEAMIICaAYJKoZIhvcNAQcB",
  "MFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjyN22QLGrGMwICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEF8X",
  "3qUCzKa025aSOJp0vdeAggIArErZFUYgF81FGNyPIrgpzJ78zWR2PXvflb1wdd+Gtca14nhnH7ojt6qwO6v0A8owZjF5cx2QrPOr",
  "Ahkv1NDm0iw+UvsaD3alg1syoaTFk/qwX1OPMREEZwC1guKbttUozVx7tmsr29kzyWICqKIfomAass0MlU+pMoelSzSabSWNGVPo",
  "t35PYfmQFlYxbpyeU1IJ9h0pspeWjAekVNSuCF6xIaHga7uNtyZJhwSyZik+jAjCHSVl+rT078XSHr4949MGp/0ImfYQGtgoJuEo",
  "GePF4Z0EAnj8WKaxHeZJhAPj2khSv7nrXiOeI90L0RHUHJkvgjZgqRKNGy1oSyr75//cfPe0oa7c+24G7dVccKUN9a8P9vtVxim+",
  "agLmhqBwkT0ytVmFKGBWQheYO3qeCR1NlolDLyRbuyBaw/SEA3D7LIcSa5EUion3xVHPy1Zk7xAIQrFOLyf9MZAc3VILtNvJfOpu",
  "+ZxHz2OEgLV4zSpxmaXeFgL+vDsAUTvtmE6RuugXdJJXdlbv/Nxw4WD0kYDfiGs3jYddZ6zrCQhYccyUBXlxyfPCJFneN8rZVVrc",
  "5L4Z4MqSmFI5i0JWQ8l2tgMjr1toXXDgT+DMjG/gwoorNgXYK84ljxiStEeTZWvAbhQwjjJGFpiTEiawubJuwqcMHIh23D+aUilG",
  "/x+RmmgwggFBBgkqhkiG9w0BBwGgggEyBIIBLjCCASowggEmBgsqhkiG9w0BDAoBAqCB7zCB7DBXBgkqhkiG9w0BBQ0wSjApBgkq",
  "hkiG9w0BBQwwHAQIlOf1GIUIgyoCAggAMAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBCkqnwyXNbn2VIbCXWbHNgqBIGQjgiH",
  "hOSwjUl7KvlZ2RGiIPOhY1m1DGcC4ecqqM/OQp84EceSPwP4wxhMtIlKis/GETrJQMGs2JsoT3qwsG0hX6UG4Xdkvh8Jmrk4tQ9L",
  "qSH2YGCCiPFWAnQCqyhoNaa5+bwWSgpd6qgNQibq42VSA+kOu/5zNy6IWZlzh5jPjiUr1WZTEe+tAyZxNdJ1nhZXMSUwIwYJKoZI",
  "hvcNAQkVMRYEFKR40mvUTPEfQhe4s8+RMXJRaVJbMEEwMTANBglghkgBZQMEAgEFAAQgD5ih6k+NRIHT6JDgeGgkA33wLd+PphQW",
  "fkS2eplTWikECMottEan9aYsAgIIAA==",
].join("");

/** Size of a password that is encrypted with a key of 2,048 bits. */
const encryptedPasswordBytes = 256;

export interface ThrowAway {
  readonly thumbprint: string;
  /** `undefined` until Graph answers one. */
  id: string | undefined;
  /** `unknown`: Graph may have it. `made`: Graph has it. `gone`: Graph refused it, or it was deleted. */
  state: "unknown" | "made" | "gone";
}

export type Properties = Readonly<Record<string, string>>;

/** Properties of the ten that differ from the usual ones, or more than the ten. */
export function throwAwayProperties(userPrincipalName: string, changes: Properties): Properties {
  return {
    "@odata.type": "#microsoft.graph.userPFXCertificate",
    thumbprint: randomBytes(20).toString("hex"),
    intendedPurpose: "unassigned",
    userPrincipalName,
    startDateTime: "2020-01-01T00:00:00Z",
    expirationDateTime: "2098-01-01T00:00:00Z",
    providerName: surveyKeyName,
    keyName: surveyKeyName,
    paddingScheme: "oaepSha512",
    encryptedPfxBlob: pfx,
    encryptedPfxPassword: randomBytes(encryptedPasswordBytes).toString("base64"),
    ...changes,
  };
}

export interface Created {
  readonly throwAway: ThrowAway;
  readonly sent: Properties;
  readonly response: GraphResponse;
}

export class ThrowAways {
  readonly all: ThrowAway[] = [];
  readonly userPrincipalName: string;
  readonly #session: Session;

  constructor(session: Session, userPrincipalName: string) {
    this.#session = session;
    this.userPrincipalName = userPrincipalName;
  }

  /** @throws as `Session.send` does. After a lost answer the certificate may exist. */
  async create(changes: Properties = {}): Promise<Created> {
    const sent = throwAwayProperties(this.userPrincipalName, changes);
    const throwAway: ThrowAway = { thumbprint: sent.thumbprint ?? "", id: undefined, state: "unknown" };
    this.all.push(throwAway);
    const response = await this.#session.send({ method: "POST", body: sent }).catch((error: unknown) => {
      if (!(error instanceof TransportError && error.sent)) throwAway.state = "gone";
      throw error;
    });
    const { status } = response;
    // Any other status may come from a proxy whose request Graph has applied.
    if (status >= 400 && status < 500 && status !== 408) throwAway.state = "gone";
    // An answer may be another request's: its id would be another user's certificate.
    const id = thumbprintOf(response) === throwAway.thumbprint ? idOf(response) : undefined;
    if (status >= 200 && status < 300 && id !== undefined) Object.assign(throwAway, { id, state: "made" });
    return { throwAway, sent, response };
  }
}

function thumbprintOf({ body }: GraphResponse): string | undefined {
  return isRecord(body) && typeof body.thumbprint === "string" ? body.thumbprint.toLowerCase() : undefined;
}

/** The id of an answered entity, if it can stand in a path. */
export function idOf({ body }: GraphResponse): string | undefined {
  return isRecord(body) && isCertificateId(body.id) ? body.id : undefined;
}
