/** What is wrong with a key that was given as the connector's public key. */
import { PfxError } from "../pfx-error.ts";

export function unreadableKey(): PfxError {
  return new PfxError("KEY_UNREADABLE", "this is no public key in a known form");
}

export function privateKey(): PfxError {
  return new PfxError("KEY_IS_PRIVATE", "this is a private key; never give it away: export the public key");
}

export function notRsa(): PfxError {
  return new PfxError("KEY_NOT_RSA", "the connector's key must be an RSA key");
}
