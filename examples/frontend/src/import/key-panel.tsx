/** The connector's public key: from the page's configuration or a file, shown by its fingerprint; and what holds for all files. */
import { type FormEvent, useState } from "react";
import { Field, Options } from "../field.tsx";
import { isPurpose, purposes } from "../words.ts";
import type { ImportRun } from "./import-run.ts";
import { isUnderWay, type State } from "./import-state.ts";
import { shortFingerprint, wholeFingerprint } from "./words.ts";

const { VPN: _, ...offeredPurposes } = purposes;

export function KeyPanel({ run, state }: { run: ImportRun; state: State }) {
  const { key, keyProblem, purpose } = state;
  const [isOpen, setIsOpen] = useState(false);
  const isFixed = isUnderWay(state.phase);
  if (!state.isConfigured) return <p>Reading this page's configuration …</p>;
  return (
    <details
      className="import-key"
      open={isOpen || key === undefined || keyProblem !== undefined}
      onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}
    >
      <summary>
        {key === undefined ? (
          "Choose the connector's public key"
        ) : (
          <>
            Encrypted for the connector's key <b>{key.keyName}</b>{" "}
            <span className="import-fingerprint">
              SHA-256 <code>{shortFingerprint(key.fingerprint)}</code>
            </span>
          </>
        )}
      </summary>
      {key !== undefined && (
        <p>
          RSA, {key.bits} bits, {key.fileName === undefined ? "from this page's configuration" : `from ${key.fileName}`}
          . Compare the SHA-256 with the one on the connector's machine: whoever replaces this key can read every
          password.
          <code className="import-whole">{wholeFingerprint(key.fingerprint)}</code>
        </p>
      )}
      <div className="columns">
        <Field
          label="Public key, as a file"
          hint="What Export-IntunePublicKey writes, PEM, or a certificate"
          problem={keyProblem && `${keyProblem.message} (${keyProblem.code})`}
        >
          {(control) => (
            <input
              {...control}
              type="file"
              disabled={isFixed}
              onChange={({ target }) => {
                const [file] = target.files ?? [];
                if (file !== undefined) void run.setKeyFile(file);
                target.value = "";
              }}
            />
          )}
        </Field>
        <Field label="Purpose" hint="Of files whose list or row says none">
          {(control) => (
            <select
              {...control}
              value={purpose ?? ""}
              disabled={isFixed}
              onChange={({ target: { value } }) => void run.setPurpose(isPurpose(value) ? value : undefined)}
            >
              <option value="">As each certificate says</option>
              <Options of={offeredPurposes} />
            </select>
          )}
        </Field>
      </div>
      {key !== undefined && (
        <Names key={`${key.keyName} ${key.providerName}`} run={run} names={key} isFixed={isFixed} />
      )}
    </details>
  );
}

function Names({
  run,
  names,
  isFixed,
}: {
  run: ImportRun;
  names: { keyName: string; providerName: string };
  isFixed: boolean;
}) {
  const [given, setGiven] = useState(names);
  function save(event: FormEvent) {
    event.preventDefault();
    void run.setKeyNames({ keyName: given.keyName.trim(), providerName: given.providerName.trim() });
  }
  const isChanged = given.keyName !== names.keyName || given.providerName !== names.providerName;
  return (
    <form onSubmit={save}>
      <div className="columns">
        <Field label="Key name" hint="On the connector's machine, exactly">
          {(control) => (
            <input
              {...control}
              value={given.keyName}
              disabled={isFixed}
              required
              onChange={({ target }) => setGiven({ ...given, keyName: target.value })}
            />
          )}
        </Field>
        <Field label="Provider" hint="Of that key">
          {(control) => (
            <input
              {...control}
              value={given.providerName}
              disabled={isFixed}
              required
              onChange={({ target }) => setGiven({ ...given, providerName: target.value })}
            />
          )}
        </Field>
      </div>
      {isChanged && (
        <div className="buttons">
          <button type="submit">Use these names</button>
        </div>
      )}
    </form>
  );
}
