/** Asks before a certificate is deleted. "Keep" comes first, so that Enter alone deletes nothing. */
import { Problem } from "../problem.tsx";
import { useAction } from "../use-action.ts";
import { CertificateFacts, Owner } from "./certificate-facts.tsx";
import { Dialog } from "./dialog.tsx";
import type { Certificate } from "./use-certificates.ts";

interface DeleteCertificateProps {
  certificate: Certificate;
  onDelete: () => Promise<void>;
  onClose: () => void;
}

export function DeleteCertificate({ certificate, onDelete, onClose }: DeleteCertificateProps) {
  const { run, isBusy, failure } = useAction();
  const { intendedPurpose } = certificate;
  return (
    <Dialog title="Delete this certificate?" isBusy={isBusy} onClose={onClose}>
      <CertificateFacts certificate={certificate} />
      {(intendedPurpose === "SMIME_ENCRYPTION" || intendedPurpose === null) && (
        <p className="warning">
          <strong>Old mail becomes unreadable.</strong>{" "}
          {intendedPurpose === null && "The purpose is unknown. If it is S/MIME encryption: "}
          Mail that was encrypted for this certificate can be opened only with its private key. Keep a copy of the PFX
          file as long as <Owner certificate={certificate} /> needs that mail.
        </p>
      )}
      <p>
        Devices of <Owner certificate={certificate} /> lose the certificate when they next check in.{" "}
        <strong>This can't be undone:</strong> Intune doesn't give the PFX file back. To restore the certificate, you
        import the file again.
      </p>
      {failure !== undefined && <Problem failure={failure} onSignedIn={() => run(onDelete)} />}
      <div className="buttons">
        <button type="button" aria-disabled={isBusy} onClick={() => !isBusy && onClose()}>
          Keep
        </button>
        <button type="button" className="danger" aria-disabled={isBusy} onClick={() => run(onDelete)}>
          {isBusy ? "Deleting …" : "Delete"}
        </button>
      </div>
    </Dialog>
  );
}
