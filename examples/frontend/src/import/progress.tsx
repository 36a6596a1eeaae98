/** A run: how far it is, what it waits for, and what has become of it. */
import { useEffect, useState } from "react";
import { Problem } from "../problem.tsx";
import type { ImportRun } from "./import-run.ts";
import type { State } from "./import-state.ts";
import type { Counts } from "./rows.ts";
import { listCounts, number, roughDuration } from "./words.ts";

export function Progress({ run, state, counts }: { run: ImportRun; state: State; counts: Counts }) {
  const { phase, total, startedAtMs, failure, rows, wait } = state;
  const left = rows.filter(({ outcome }) => outcome?.kind === "notTried" || outcome?.kind === "sending").length;
  const done = Math.max(0, total - left);
  return (
    <>
      <progress max={total} value={done} aria-label="Progress of the import" />
      <p role="status" className="status import-count">
        {phase === "paused" ? "Paused at" : phase === "pausing" ? "Finishing the request under way:" : "Importing"}{" "}
        {number(done)} of {number(total)}
        {counts.failed > 0 && `, ${number(counts.failed)} failed`}
        {phase === "sending" && wait === undefined && pace(done, total, startedAtMs)}
      </p>
      {wait !== undefined && <Wait code={wait.code} untilMs={wait.untilMs} />}
      {failure !== undefined && (
        <Problem failure={failure} onSignedIn={() => void run.resume()}>
          <p>What was not sent waits. Resume when this is put right; nothing is imported twice.</p>
        </Problem>
      )}
      <p className="hint">
        The import ends when this page is closed or reloaded. Then drop the same files again: what Intune has already is
        not sent again. You may look at the list meanwhile.
      </p>
      <div className="buttons">
        {phase === "paused" ? (
          <>
            <button type="button" className="primary" onClick={() => void run.resume()}>
              Resume
            </button>
            <button type="button" onClick={() => run.stop()}>
              End here
            </button>
          </>
        ) : (
          <button type="button" aria-disabled={phase === "pausing"} onClick={() => run.pause()}>
            Pause
          </button>
        )}
      </div>
    </>
  );
}

function pace(done: number, total: number, startedAtMs: number): string {
  const seconds = (Date.now() - startedAtMs) / 1000;
  if (done === 0 || seconds < 3) return "";
  const perSecond = done / seconds;
  return `, ${perSecond.toFixed(1)} a second, ${roughDuration((total - done) / perSecond)} left`;
}

/** Not a live region: a countdown would be read out every second. */
function Wait({ code, untilMs }: { code: string; untilMs: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((untilMs - now) / 1000));
  return (
    <p className="import-wait">
      {waitReason(code)} Going on in {seconds} s. <code>{code}</code>
    </p>
  );
}

function waitReason(code: string): string {
  switch (code) {
    case "THROTTLED":
      return "Microsoft Graph is busy.";
    case "RATE_LIMITED":
    case "OVERLOADED":
      return "The gateway is busy.";
    default:
      return "No answer came. Sending again is safe.";
  }
}

export function Summary({ counts }: { counts: Counts }) {
  const { created, alreadyThere, skipped, failed, problem, locked, notTried } = counts;
  const isGood = failed + problem + locked + notTried === 0;
  return (
    <p role="status" className={isGood ? "status import-count" : "status import-count import-bad"}>
      {listCounts([
        [created, "imported"],
        [alreadyThere, "already in Intune"],
        [skipped, "skipped"],
        [failed, "failed"],
        [problem + locked, "not sent"],
        [notTried, "not tried"],
      ]) || "Nothing was sent"}
      .
      {notTried + problem + locked > 0 &&
        " To import the rest, drop the same files again: what Intune has already is not sent again."}
    </p>
  );
}
