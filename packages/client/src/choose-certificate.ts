/** Which certificate of a file is meant. */
import type { KeyPair } from "./certificate/match-keys.ts";
import { suggestPurpose } from "./certificate/purpose.ts";
import { PfxError } from "./pfx-error.ts";
import type { Contents } from "./read-contents.ts";

/**
 * @throws {PfxError} `NO_PRIVATE_KEY`, `NO_CERTIFICATE`, `KEY_MISMATCH`, `CERTIFICATE_NOT_FOUND`, `SEVERAL_CERTIFICATES`, `CERTIFICATE_IS_CA`
 */
export function chooseCertificate({ opened, certificates, pairs }: Contents, thumbprint: string | undefined): KeyPair {
  if (opened.keys.length === 0) {
    throw new PfxError("NO_PRIVATE_KEY", "this file has certificates only, no private key");
  }
  if (certificates.length === 0) {
    throw new PfxError("NO_CERTIFICATE", "this file has a private key, but no certificate");
  }
  const [first, ...others] =
    thumbprint === undefined ? pairs : pairs.filter((pair) => factsOf(pair).thumbprint === thumbprint);
  if (first === undefined) {
    throw thumbprint === undefined || pairs.length === 0
      ? new PfxError("KEY_MISMATCH", "no certificate in this file belongs to its private key")
      : new PfxError("CERTIFICATE_NOT_FOUND", "this file has no certificate with that thumbprint and a private key");
  }
  if (others.length > 0) throw severalCertificates(pairs);
  if (factsOf(first).isCa) {
    throw new PfxError("CERTIFICATE_IS_CA", "this is a certification authority's certificate");
  }
  return first;
}

function severalCertificates(pairs: readonly KeyPair[]): PfxError {
  const list = pairs.map((pair) => {
    const facts = factsOf(pair);
    return `${facts.thumbprint} ${suggestPurpose(facts)?.purpose ?? "purpose unknown"}`;
  });
  return new PfxError(
    "SEVERAL_CERTIFICATES",
    `this file has ${pairs.length} certificates with private keys (${list.join(", ")}); say which with the thumbprint`,
    { thumbprints: pairs.map((pair) => factsOf(pair).thumbprint) },
  );
}

function factsOf({ certificate }: KeyPair) {
  return certificate.certificate.facts;
}
