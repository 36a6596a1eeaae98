/**
 * Many certificates from a file of JSON: an array of `CreateUserPfxCertificateInput`. They go out in chunks, so that there is
 * progress to see; what fails is only its own, and can be sent again, which is safe.
 */
import { useApolloClient } from "@apollo/client/react";
import { type CreateUserPfxCertificateInput, CreateUserPfxCertificatesDocument } from "intune-pfx-client/operations";
import { type ChangeEvent, useRef, useState } from "react";
import { refreshLists } from "./apollo.ts";
import { Field } from "./field.tsx";
import { Problem } from "./problem.tsx";

const chunkSize = 20;

interface Result {
  readonly userPrincipalName: string;
  readonly thumbprint: string;
  /** Absent where it was imported. */
  readonly code?: string;
  readonly message?: string;
}

export function ImportMany() {
  const client = useApolloClient();
  /** What is still to be sent. A ref: files and passwords are no state, and leave with the view. */
  const waiting = useRef<readonly CreateUserPfxCertificateInput[]>([]);
  const [count, setCount] = useState(0);
  const [results, setResults] = useState<readonly Result[]>([]);
  const [isSending, setIsSending] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [unreadable, setUnreadable] = useState<string>();

  async function choose(event: ChangeEvent<HTMLInputElement>) {
    setResults([]);
    setFailure(undefined);
    const inputs = await inputsIn(event.target.files?.[0]);
    setUnreadable(inputs === undefined ? "This is no JSON array of certificates." : undefined);
    waiting.current = inputs ?? [];
    setCount(waiting.current.length);
  }

  async function send() {
    const inputs = waiting.current;
    const failed: CreateUserPfxCertificateInput[] = [];
    const done: Result[] = [];
    let sent = 0;
    setIsSending(true);
    setFailure(undefined);
    setResults([]);
    setCount(inputs.length);
    try {
      while (sent < inputs.length) {
        const chunk = inputs.slice(sent, sent + chunkSize);
        const { data } = await client.mutate({
          mutation: CreateUserPfxCertificatesDocument,
          variables: { inputs: chunk },
        });
        for (const [index, result] of (data?.createUserPfxCertificates.results ?? []).entries()) {
          const input = chunk[index];
          if (input === undefined) continue;
          const { userPrincipalName, thumbprint } = input;
          const isFailure = result.__typename === "UserPfxCertificateFailure";
          if (isFailure) failed.push(input);
          done.push({
            userPrincipalName,
            thumbprint,
            ...(isFailure && { code: result.code, message: result.message }),
          });
        }
        sent += chunk.length;
        setResults([...done]);
      }
    } catch (error) {
      setFailure(error);
    }
    waiting.current = [...failed, ...inputs.slice(sent)];
    setIsSending(false);
    await refreshLists();
  }

  const failed = results.filter(({ code }) => code !== undefined);
  const isDone = !isSending && results.length > 0;
  return (
    <section className="card" aria-labelledby="import-many">
      <h2 id="import-many">Import many</h2>
      <Field label="Certificates" hint="A JSON file: an array of createUserPfxCertificate inputs" problem={unreadable}>
        {(control) => (
          <input
            {...control}
            type="file"
            accept=".json,application/json"
            disabled={isSending}
            onChange={(event) => void choose(event)}
          />
        )}
      </Field>
      <div className="buttons">
        <button
          type="button"
          className="primary"
          disabled={isSending || count === 0 || isDone}
          onClick={() => void send()}
        >
          Import {count || ""} {count === 1 ? "certificate" : "certificates"}
        </button>
        {!isSending && (failed.length > 0 || failure !== undefined) && (
          <button type="button" onClick={() => void send()}>
            Retry what failed
          </button>
        )}
      </div>
      {(isSending || results.length > 0) && (
        <>
          <progress max={count} value={results.length} aria-label="Progress of the import" />
          <p role="status" className="status">
            {results.length - failed.length} imported, {failed.length} failed, {count - results.length} to go
          </p>
        </>
      )}
      {failure !== undefined && <Problem failure={failure} />}
      {failed.length > 0 && (
        <table className="wrapping">
          <caption>What failed</caption>
          <thead>
            <tr>
              <th scope="col">User</th>
              <th scope="col">Thumbprint</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {failed.map(({ userPrincipalName, thumbprint, code, message }) => (
              <tr key={`${userPrincipalName} ${thumbprint}`}>
                <td data-label="User">{userPrincipalName}</td>
                <td data-label="Thumbprint">
                  <code>{String(thumbprint).slice(0, 12)}</code>
                </td>
                <td data-label="Why">
                  {message} <code>{code}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** Only that it is an array of objects is looked at here; everything else the gateway says, item by item. */
async function inputsIn(file: File | undefined): Promise<CreateUserPfxCertificateInput[] | undefined> {
  if (file === undefined) return [];
  try {
    const parsed: unknown = JSON.parse(await file.text());
    return isInputs(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isInputs(value: unknown): value is CreateUserPfxCertificateInput[] {
  return Array.isArray(value) && value.every((item) => typeof item === "object" && item !== null);
}
