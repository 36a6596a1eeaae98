/** Import: drop the files, see what is in them, correct it, send it. */
import { useEffect, useLayoutEffect, useRef, useSyncExternalStore } from "react";
import { DropZone } from "./drop-zone.tsx";
import { download, failuresCsv, failuresOf } from "./failures-csv.ts";
import { useFocusHandover } from "./focus.ts";
import { type ImportRun, importRun } from "./import-run.ts";
import { isUnderWay, needsPassword, type State } from "./import-state.ts";
import { ImportTable } from "./import-table.tsx";
import { KeyPanel } from "./key-panel.tsx";
import { PasswordForm } from "./password-form.tsx";
import { Progress, Summary } from "./progress.tsx";
import { type Counts, count, judge } from "./rows.ts";
import { certificates, files, listCounts, number, roughDuration } from "./words.ts";
import "./import.css";

/** Graph takes 100 writes in 20 s. */
const perSecond = 5;

export function Import() {
  const run = importRun;
  const state = useSyncExternalStore(run.subscribe, run.state);
  const { phase, rows, notes, isAdding } = state;
  const counts = count(rows);
  const isFixed = isUnderWay(phase);
  const actions = useRef<HTMLElement>(null);

  useEffect(() => {
    void run.loadKey();
    return () => run.leave();
  }, []);

  useEffect(() => {
    if (!isFixed) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isFixed]);

  // The button that changed the phase is gone, and the keyboard with it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever the phase changes
  useLayoutEffect(() => {
    const { activeElement } = document;
    if (activeElement === null || activeElement === document.body) actions.current?.focus();
  }, [phase]);

  return (
    <section className="card import" aria-labelledby="import-heading">
      <h2 id="import-heading">Import certificates</h2>
      <DropZone isFixed={isFixed} onFiles={(chosen) => void run.add(chosen)} />
      <KeyPanel run={run} state={state} />
      {notes.map((note) => (
        <p key={note} className="import-note">
          {note}
        </p>
      ))}
      {rows.length === 0 ? (
        <p role="status" className="status">
          {isAdding && "Reading the files …"}
        </p>
      ) : (
        <section ref={actions} tabIndex={-1} className="import-actions" aria-label="Progress and actions">
          {phase === "choosing" && <Choosing run={run} state={state} counts={counts} />}
          {isFixed && <Progress run={run} state={state} counts={counts} />}
          {phase === "done" && <Done run={run} state={state} counts={counts} />}
        </section>
      )}
      {rows.length > 0 && <ImportTable rows={rows} run={run} phase={phase} />}
    </section>
  );
}

function Choosing({ run, state, counts }: { run: ImportRun; state: State; counts: Counts }) {
  const { rows, isLooking, key } = state;
  const waiting = rows.filter(needsPassword).length;
  const several = rows.filter(({ problem }) => problem?.thumbprints !== undefined).length;
  const isBusy = counts.opening > 0 || isLooking;
  const brokenList = rows.find(({ problem }) => problem?.code === "LIST_INVALID");
  const mayStart = !isBusy && counts.ready > 0 && brokenList === undefined && key !== undefined;
  return (
    <>
      <p role="status" className="status import-count">
        {counts.opening > 0
          ? `Opened ${number(rows.length - counts.opening)} of ${files(rows.length)}.`
          : isLooking
            ? "Asking what Intune has already …"
            : `Checked ${files(rows.length)}: ${planOf(counts)}.`}
      </p>
      {counts.opening > 0 && (
        <progress max={rows.length} value={rows.length - counts.opening} aria-label="Files opened" />
      )}
      {waiting > 0 && <SharedPassword run={run} waiting={waiting} />}
      <div className="buttons">
        <button
          type="button"
          className="primary"
          aria-disabled={!mayStart}
          onClick={() => mayStart && void run.start()}
        >
          {counts.ready > 0 ? `Import ${certificates(counts.ready)}` : "Import"}
        </button>
        {several > 0 && (
          <button type="button" onClick={() => void run.splitAll()}>
            Import every certificate of {files(several)}
          </button>
        )}
        <button type="button" onClick={() => run.clear()}>
          Start over
        </button>
      </div>
      {brokenList !== undefined && (
        <p className="wrong">Nothing can be imported before {brokenList.name} is put right.</p>
      )}
      {mayStart && counts.ready > 20 && (
        <p className="hint">It takes {roughDuration(counts.ready / perSecond)}: Graph takes 100 in 20 s.</p>
      )}
    </>
  );
}

function SharedPassword({ run, waiting }: { run: ImportRun; waiting: number }) {
  const part = useRef<HTMLDivElement>(null);
  useFocusHandover(part, ".import-actions");
  return (
    <div ref={part}>
      <PasswordForm
        label={waiting === 1 ? "Password of the file" : `Password of the ${number(waiting)} files that are not open`}
        button={`Open ${files(waiting)}`}
        onPassword={(password) => void run.setPassword(password)}
      />
      <small className="hint">
        It goes to this page's worker, never to a server. For files with other passwords enter them below, or drop a
        list.
      </small>
    </div>
  );
}

function Done({ run, state, counts }: { run: ImportRun; state: State; counts: Counts }) {
  const { rows } = state;
  const again = rows.filter((row) => judge(row).status === "failed").length;
  const failures = failuresOf(rows);
  return (
    <>
      <Summary counts={counts} />
      <div className="buttons">
        {again > 0 && (
          <button type="button" className="primary" onClick={() => void run.start()}>
            Send {certificates(again)} again
          </button>
        )}
        {failures.length > 0 && (
          <button type="button" onClick={() => download(failuresCsv(rows), "not-imported.csv")}>
            Download what was not imported (CSV)
          </button>
        )}
        <button type="button" onClick={() => run.clear()}>
          Start over
        </button>
      </div>
    </>
  );
}

function planOf({ ready, alreadyThere, skipped, problem, locked }: Counts): string {
  return (
    listCounts([
      [ready, "to import"],
      [alreadyThere, "already in Intune"],
      [skipped, "twice"],
      [problem, "to correct"],
      [locked, locked === 1 ? "needs a password" : "need a password"],
    ]) || "nothing to do"
  );
}
