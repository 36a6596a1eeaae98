/** The package's entry: from a user's PFX file to the input of the gateway's mutation. */
export type { CertificateFacts } from "./certificate/certificate.ts";
export type { UserSource } from "./choose-user.ts";
export type { PaddingScheme } from "./connector-key/encrypt-password.ts";
export { ConnectorPublicKey } from "./connector-key/public-key.ts";
export { type PublicJwk, type PublicKeySource, readPublicKey } from "./connector-key/read-public-key.ts";
export {
  type DerivedFromPassword,
  type InspectedCertificate,
  type InspectedPfx,
  inspectPfx,
  type PfxProtection,
} from "./inspect.ts";
export type { OpenPfxOptions, PrepareOptions, Protection } from "./options.ts";
export { PfxError, type PfxErrorCode, type PfxErrorDetails } from "./pfx-error.ts";
export { type PreparedUserPfxCertificate, prepareUserPfxCertificate } from "./prepare.ts";
export type { PfxWarning, PfxWarningCode } from "./warnings.ts";
