/** Which certificate is meant: for the dialogs, where two of the same user must not be mistaken for each other. */
import { wordsOfPurpose } from "../words.ts";
import { Expiry } from "./expiry.tsx";
import type { Certificate } from "./use-certificates.ts";

export function CertificateFacts({ certificate }: { certificate: Certificate }) {
  const { userPrincipalName, intendedPurpose, thumbprint, expirationDateTime } = certificate;
  return (
    <dl className="facts">
      <dt>User</dt>
      <dd>
        <bdi>{userPrincipalName ?? "Unknown"}</bdi>
      </dd>
      <dt>Purpose</dt>
      <dd>{wordsOfPurpose(intendedPurpose)}</dd>
      <dt>Expires (UTC)</dt>
      <dd>
        <Expiry at={expirationDateTime} />
      </dd>
      <dt>Thumbprint</dt>
      <dd>
        <code>{thumbprint ?? "Unknown"}</code>
      </dd>
    </dl>
  );
}

/** The owner within a sentence; the letters of other scripts keep their direction and leave the sentence's alone. */
export function Owner({ certificate }: { certificate: Certificate }) {
  return certificate.userPrincipalName ? <bdi>{certificate.userPrincipalName}</bdi> : "an unknown user";
}
