/** The rows: a table, and on a narrow page a card for each certificate. */
import { wordsOfPurpose } from "../words.ts";
import { Expiry } from "./expiry.tsx";
import type { Sort } from "./filters.ts";
import type { Certificate } from "./use-certificates.ts";

export type Question = "purpose" | "delete";

interface CertificateTableProps {
  certificates: readonly Certificate[];
  sort: Sort;
  /** The rows are those of the filter before. */
  isFormer: boolean;
  onAsk: (question: Question, certificate: Certificate) => void;
}

export function CertificateTable({ certificates, sort, isFormer, onAsk }: CertificateTableProps) {
  return (
    <table className="certificates" aria-busy={isFormer}>
      <caption className="hidden">Imported certificates</caption>
      <thead>
        <tr>
          <th scope="col" aria-sort={sort === "user" ? "ascending" : undefined}>
            User
          </th>
          <th scope="col">Purpose</th>
          <th scope="col" aria-sort={sort === "expiry" ? "ascending" : undefined}>
            Expires (UTC)
          </th>
          <th scope="col">Thumbprint</th>
          <th scope="col">
            <span className="hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {certificates.map((certificate) => (
          <Row key={certificate.id} certificate={certificate} onAsk={onAsk} />
        ))}
      </tbody>
    </table>
  );
}

/** The id of a row's button, by which the focus finds it. */
export const buttonId = (question: Question, { id }: Certificate): string => `${question}-${id}`;

function Row({ certificate, onAsk }: { certificate: Certificate; onAsk: CertificateTableProps["onAsk"] }) {
  const { thumbprint, intendedPurpose, userPrincipalName, expirationDateTime } = certificate;
  const which = (
    <span className="hidden">
      {" "}
      the certificate of <bdi>{userPrincipalName ?? "an unknown user"}</bdi>, {wordsOfPurpose(intendedPurpose)}
    </span>
  );
  return (
    <tr>
      <td className="user">
        <bdi>{userPrincipalName ?? "Unknown"}</bdi>
      </td>
      <td data-label="Purpose">{wordsOfPurpose(intendedPurpose)}</td>
      <td data-label="Expires (UTC)">
        <span>
          <Expiry at={expirationDateTime} />
        </span>
      </td>
      <td data-label="Thumbprint">
        <code>{thumbprint ?? "Unknown"}</code>
      </td>
      <td className="actions">
        <button
          type="button"
          className="quiet"
          id={buttonId("purpose", certificate)}
          onClick={() => onAsk("purpose", certificate)}
        >
          Change purpose<span className="hidden"> of</span>
          {which}
        </button>
        <button
          type="button"
          className="quiet delete"
          id={buttonId("delete", certificate)}
          onClick={() => onAsk("delete", certificate)}
        >
          Delete{which}
        </button>
      </td>
    </tr>
  );
}
