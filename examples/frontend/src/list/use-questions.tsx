/** What is asked before a certificate changes, what is said afterwards, and where the focus goes then. */
import type { UserPfxIntendedPurpose } from "intune-pfx-client/operations";
import { type ReactNode, type RefObject, useState } from "react";
import { flushSync } from "react-dom";
import { purposes } from "../words.ts";
import { Owner } from "./certificate-facts.tsx";
import { buttonId, type Question } from "./certificate-table.tsx";
import { ChangePurpose } from "./change-purpose.tsx";
import { DeleteCertificate } from "./delete-certificate.tsx";
import type { Done } from "./notice.tsx";
import type { Certificate } from "./use-certificates.ts";
import { useChanges } from "./use-changes.ts";

interface QuestionsOptions {
  rows: readonly Certificate[];
  /** Focused where no row is left. */
  heading: RefObject<HTMLElement | null>;
  onDeleted: () => void;
}

export function useQuestions({ rows, heading, onDeleted }: QuestionsOptions) {
  const [asked, setAsked] = useState<{ question: Question; certificate: Certificate }>();
  const [done, setDone] = useState<Done>();
  const { changePurpose, remove } = useChanges();

  /** Closes the dialog, says what was done, and focuses a button of the row. */
  function say(question: Question, row: Certificate | undefined, words: ReactNode, undo?: Done["undo"]) {
    flushSync(() => {
      setAsked(undefined);
      setDone({ words, undo });
    });
    const button = row && document.getElementById(buttonId(question, row));
    (button ?? heading.current)?.focus();
  }

  const sayGone = (certificate: Certificate, neighbour: Certificate | undefined) =>
    say(
      "delete",
      neighbour,
      <>
        The certificate of <Owner certificate={certificate} /> is not there any more: it was deleted meanwhile.
      </>,
    );

  async function change(certificate: Certificate, purpose: UserPfxIntendedPurpose, isUndo = false) {
    const { intendedPurpose: former } = certificate;
    const neighbour = neighbourOf(certificate);
    const outcome = await changePurpose(certificate, purpose);
    if (outcome === "gone") return sayGone(certificate, neighbour);
    const canUndo = !isUndo && former !== null;
    say(
      "purpose",
      certificate,
      <>
        The certificate of <Owner certificate={certificate} /> is {isUndo ? "again" : "now"} for {purposes[purpose]}.
      </>,
      canUndo ? () => change({ ...certificate, intendedPurpose: purpose }, former, true) : undefined,
    );
  }

  async function deleteIt(certificate: Certificate) {
    const neighbour = neighbourOf(certificate);
    const outcome = await remove(certificate);
    onDeleted();
    if (outcome === "gone") return sayGone(certificate, neighbour);
    say(
      "delete",
      neighbour,
      <>
        The certificate of <Owner certificate={certificate} /> was deleted. This can't be undone.
      </>,
    );
  }

  /** The row that the focus moves to when this one leaves. */
  function neighbourOf({ id }: Certificate): Certificate | undefined {
    const index = rows.findIndex((row) => row.id === id);
    return rows[index + 1] ?? rows[index - 1];
  }

  const close = () => setAsked(undefined);
  const dialog = asked && (
    <>
      {asked.question === "purpose" && (
        <ChangePurpose
          certificate={asked.certificate}
          onChange={(purpose) => change(asked.certificate, purpose)}
          onClose={close}
        />
      )}
      {asked.question === "delete" && (
        <DeleteCertificate
          certificate={asked.certificate}
          onDelete={() => deleteIt(asked.certificate)}
          onClose={close}
        />
      )}
    </>
  );

  return {
    dialog,
    done,
    /** What was done is no longer news. */
    dismiss: () => setDone(undefined),
    ask(question: Question, certificate: Certificate) {
      setDone(undefined);
      setAsked({ question, certificate });
    },
  };
}
