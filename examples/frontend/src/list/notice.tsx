/** What was done last, until it is no longer the last thing done. It stays in sight wherever the row was. */
import type { ReactNode } from "react";
import { Problem } from "../problem.tsx";
import { useAction } from "../use-action.ts";

export interface Done {
  readonly words: ReactNode;
  readonly undo?: (() => Promise<void>) | undefined;
}

export function Notice({ done, onDismiss }: { done: Done | undefined; onDismiss: () => void }) {
  return (
    <div className="notice" data-empty={done === undefined}>
      {/* Always there: a live region that appears together with its text is not read out everywhere. */}
      <p role="status">{done?.words}</p>
      {done && <NoticeButtons done={done} onDismiss={onDismiss} />}
    </div>
  );
}

function NoticeButtons({ done: { undo }, onDismiss }: { done: Done; onDismiss: () => void }) {
  const { run, isBusy, failure } = useAction();
  return (
    <>
      {undo && (
        <button type="button" aria-disabled={isBusy} onClick={() => run(undo)}>
          {isBusy ? "Undoing …" : "Undo"}
        </button>
      )}
      <button type="button" className="quiet" onClick={onDismiss}>
        Dismiss<span className="hidden"> this message</span>
      </button>
      {failure !== undefined && <Problem failure={failure} onSignedIn={() => undo && run(undo)} />}
    </>
  );
}
