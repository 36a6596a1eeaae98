/** The certificates, filtered, page by page; each can be given another purpose or be deleted. */
import { useMutation, useQuery } from "@apollo/client/react";
import {
  DeleteUserPfxCertificateDocument,
  UpdateUserPfxCertificateDocument,
  UserPfxCertificatesDocument,
  type UserPfxCertificatesQuery,
} from "intune-pfx-client/operations";
import { type FormEvent, useRef, useState } from "react";
import { refreshLists } from "./apollo.ts";
import { Field, Options } from "./field.tsx";
import { Problem } from "./problem.tsx";
import { isPurpose, purposes } from "./words.ts";

type Certificate = UserPfxCertificatesQuery["userPfxCertificates"]["edges"][number]["node"];

const pageSize = 10;
const dayMs = 86_400_000;
const soonDays = 30;

export function CertificateList() {
  const [filter, setFilter] = useState({});
  const [done, setDone] = useState("");
  const variables = { first: pageSize, filter };
  const { data, loading, error, fetchMore, refetch } = useQuery(UserPfxCertificatesDocument, {
    variables,
    notifyOnNetworkStatusChange: true,
  });
  const connection = data?.userPfxCertificates;

  return (
    <>
      <Filters onChange={setFilter} />
      {error && (
        <Problem failure={error}>
          <button type="button" onClick={() => void refetch().catch(() => {})}>
            Try again
          </button>
        </Problem>
      )}
      <p role="status" className="status">
        {loading && connection === undefined ? "Loading …" : done}
      </p>
      {connection && connection.edges.length === 0 && <p className="empty">No certificate matches.</p>}
      {connection && connection.edges.length > 0 && (
        <div className="scroll">
          <table>
            <caption className="hidden">Imported certificates</caption>
            <thead>
              <tr>
                <th scope="col">User</th>
                <th scope="col">Purpose</th>
                <th scope="col">Thumbprint</th>
                <th scope="col">Expires</th>
                <th scope="col">
                  <span className="hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {connection.edges.map(({ node }) => (
                <Row key={node.id} certificate={node} onDone={setDone} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {connection?.pageInfo.hasNextPage && (
        <p className="more">
          <button
            type="button"
            disabled={loading}
            onClick={() => void fetchMore({ variables: { after: connection.pageInfo.endCursor } }).catch(() => {})}
          >
            Load more
          </button>
        </p>
      )}
    </>
  );
}

function Filters({ onChange }: { onChange: (filter: object) => void }) {
  function apply(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const userPrincipalName = String(given.get("user")).trim();
    const purpose = String(given.get("purpose"));
    const before = String(given.get("before"));
    onChange({
      ...(userPrincipalName && { userPrincipalName }),
      ...(isPurpose(purpose) && { intendedPurpose: purpose }),
      ...(before && { expiresBefore: `${before}T00:00:00Z` }),
    });
  }
  return (
    <search>
      <form className="filters" onSubmit={apply} onReset={() => onChange({})}>
        <Field label="User">
          {(control) => <input {...control} name="user" type="search" placeholder="user principal name" />}
        </Field>
        <Field label="Purpose">
          {(control) => (
            <select {...control} name="purpose">
              <option value="">Any</option>
              <Options of={purposes} />
            </select>
          )}
        </Field>
        <Field label="Expires before">{(control) => <input {...control} name="before" type="date" />}</Field>
        <div className="buttons">
          <button type="submit" className="primary">
            Filter
          </button>
          <button type="reset">Clear</button>
        </div>
      </form>
    </search>
  );
}

function Row({ certificate, onDone }: { certificate: Certificate; onDone: (message: string) => void }) {
  const { id, thumbprint, intendedPurpose, userPrincipalName, expirationDateTime } = certificate;
  const owner = userPrincipalName ?? "an unknown user";
  const dialog = useRef<HTMLDialogElement>(null);
  const [remove, removal] = useMutation(DeleteUserPfxCertificateDocument);
  const [update, change] = useMutation(UpdateUserPfxCertificateDocument);

  async function changePurpose(value: string) {
    if (!isPurpose(value)) return;
    await update({ variables: { id, changes: { intendedPurpose: value } } });
    await refreshLists();
    onDone(`The certificate of ${owner} is now for ${purposes[value]}.`);
  }

  async function deleteIt() {
    await remove({ variables: { deletedId: id } });
    dialog.current?.close();
    onDone(`The certificate of ${owner} was deleted.`);
    await refreshLists();
  }

  return (
    <tr>
      <td data-label="User">{userPrincipalName ?? "–"}</td>
      <td data-label="Purpose">
        <select
          aria-label={`Purpose of the certificate of ${owner}`}
          value={intendedPurpose ?? ""}
          disabled={change.loading}
          onChange={(event) => void changePurpose(event.target.value).catch(() => {})}
        >
          {intendedPurpose === null && <option value="">Unknown</option>}
          <Options of={purposes} />
        </select>
        {change.error && <Problem failure={change.error} />}
      </td>
      <td data-label="Thumbprint">
        <code title={thumbprint ?? ""}>{thumbprint?.slice(0, 12) ?? "–"}</code>
      </td>
      <td data-label="Expires">
        <Expiry at={expirationDateTime} />
      </td>
      <td className="actions">
        <button type="button" className="quiet" onClick={() => dialog.current?.showModal()}>
          Delete<span className="hidden"> the certificate of {owner}</span>
        </button>
        <dialog ref={dialog} aria-label="Delete this certificate?">
          <h2>Delete this certificate?</h2>
          <p>
            Devices of <b>{owner}</b> lose it with their next check-in.
          </p>
          {removal.error && <Problem failure={removal.error} />}
          <div className="buttons">
            <button
              type="button"
              className="danger"
              disabled={removal.loading}
              onClick={() => void deleteIt().catch(() => {})}
            >
              Delete
            </button>
            <button type="button" onClick={() => dialog.current?.close()}>
              Keep
            </button>
          </div>
        </dialog>
      </td>
    </tr>
  );
}

function Expiry({ at }: { at: string | null | undefined }) {
  if (!at) return "–";
  const days = Math.floor((Date.parse(at) - Date.now()) / dayMs);
  return (
    <>
      <time dateTime={at}>{at.slice(0, 10)}</time>
      {days < 0 && <span className="badge past">expired</span>}
      {days >= 0 && days <= soonDays && <span className="badge soon">in {days} days</span>}
    </>
  );
}
