/** Asks for another purpose. Nothing is written before "Change". */
import type { UserPfxIntendedPurpose } from "intune-pfx-client/operations";
import { type FormEvent, useState } from "react";
import { Problem } from "../problem.tsx";
import { useAction } from "../use-action.ts";
import { isPurpose, purposes } from "../words.ts";
import { CertificateFacts } from "./certificate-facts.tsx";
import { Dialog } from "./dialog.tsx";
import type { Certificate } from "./use-certificates.ts";

interface ChangePurposeProps {
  certificate: Certificate;
  onChange: (purpose: UserPfxIntendedPurpose) => Promise<void>;
  onClose: () => void;
}

export function ChangePurpose({ certificate, onChange, onClose }: ChangePurposeProps) {
  const { intendedPurpose: former } = certificate;
  const [chosen, setChosen] = useState(former);
  const [isUnchosen, setIsUnchosen] = useState(false);
  const { run, isBusy, failure } = useAction();

  function send() {
    if (chosen === null || chosen === former) setIsUnchosen(true);
    else run(() => onChange(chosen));
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    send();
  }

  return (
    <Dialog title="Change the purpose?" isBusy={isBusy} onClose={onClose}>
      <CertificateFacts certificate={certificate} />
      <form onSubmit={submit}>
        <fieldset className="choices">
          <legend>New purpose</legend>
          {Object.entries(purposes).map(([value, words]) => (
            <label key={value}>
              <input
                type="radio"
                name="purpose"
                value={value}
                checked={value === chosen}
                onChange={({ target }) => {
                  setIsUnchosen(false);
                  if (isPurpose(target.value)) setChosen(target.value);
                }}
              />
              {words}
              {value === former && <span className="hint"> (now)</span>}
            </label>
          ))}
        </fieldset>
        {former === "SMIME_ENCRYPTION" && (
          <p className="warning">
            Intune no longer delivers the certificate for S/MIME encryption. A device without it can't open mail that
            was encrypted for it.
          </p>
        )}
        <p className="hint">
          {former === null
            ? "This can't be undone: the portal doesn't know the present purpose."
            : "You can undo this as long as the message about it is shown."}
        </p>
        <p role="alert" className="wrong">
          {isUnchosen && "Choose another purpose than the present one."}
        </p>
        {failure !== undefined && <Problem failure={failure} onSignedIn={send} />}
        <div className="buttons">
          <button type="submit" className="primary" aria-disabled={isBusy}>
            {isBusy ? "Changing …" : "Change"}
          </button>
          <button type="button" aria-disabled={isBusy} onClick={() => !isBusy && onClose()}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
