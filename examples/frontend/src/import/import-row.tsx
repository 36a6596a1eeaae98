/** One certificate: its facts, what can be corrected, and what has become of it. */
import { memo, useId, useRef } from "react";
import { Options } from "../field.tsx";
import { isPurpose, purposes } from "../words.ts";
import { useFocusHandover } from "./focus.ts";
import type { ImportRun } from "./import-run.ts";
import { isUnderWay, needsPassword, type Phase } from "./import-state.ts";
import { PasswordForm } from "./password-form.tsx";
import { judge, type Row, type Status } from "./rows.ts";
import { statusWords } from "./words.ts";

const tones: Readonly<Partial<Record<Status, string>>> = {
  locked: "soon",
  problem: "past",
  failed: "past",
  created: "import-good",
  alreadyThere: "import-good",
  notTried: "soon",
};

/** What people read in the place of a rule of the API. */
const advice: Readonly<Record<string, string>> = {
  BAD_USER_INPUT: "Most often the user does not exist under this name.",
  PURPOSE_UNKNOWN: "Choose it here.",
  USER_UNKNOWN: "Enter it here.",
};

export const ImportRow = memo(function ImportRow({ row, run, phase }: { row: Row; run: ImportRun; phase: Phase }) {
  const id = useId();
  const { status, code, message } = judge(row);
  const { facts, changes, outcome } = row;
  const user = facts?.user ?? changes.user ?? row.givenUser ?? "";
  const purpose = facts?.purpose ?? changes.purpose ?? row.givenPurpose ?? "";
  // After a run only what failed in it can be corrected: the files are no longer here.
  const isFixed = phase === "done" ? status !== "failed" : phase !== "choosing";
  const isFinal = isFixed || status === "alreadyThere" || needsPassword(row) || row.givenProblem !== undefined;
  const userRule = outcome?.invalid?.find(({ path }) => path === "userPrincipalName")?.message;
  const isUserWrong = userRule !== undefined || ["USER_UNKNOWN", "USER_INVALID", "USER_DIFFERS"].includes(code ?? "");
  const isPurposeWrong = ["PURPOSE_UNKNOWN", "PURPOSE_MISMATCH", "OTHER_PURPOSE"].includes(code ?? "");

  function changeUser(value: string) {
    if (value !== user) run.change(row.id, { user: value.replace(/[\r\n]/g, "").trim() || undefined });
  }

  return (
    <tr className={`import-${status}`} tabIndex={-1}>
      <th scope="row">{row.name}</th>
      <td data-label="User">
        {isFinal ? (
          user || "–"
        ) : (
          <textarea
            rows={1}
            defaultValue={user}
            aria-label={`User of ${row.name}`}
            aria-invalid={isUserWrong}
            aria-describedby={isUserWrong ? `${id}-why` : undefined}
            autoComplete="off"
            spellCheck={false}
            onBlur={({ target }) => changeUser(target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              changeUser(event.currentTarget.value);
            }}
          />
        )}
      </td>
      <td data-label="Purpose">
        {isFinal ? (
          isPurpose(purpose) ? (
            purposes[purpose]
          ) : (
            "–"
          )
        ) : (
          <select
            value={purpose}
            aria-label={`Purpose of ${row.name}`}
            aria-invalid={isPurposeWrong}
            aria-describedby={isPurposeWrong ? `${id}-why` : undefined}
            onChange={({ target: { value } }) => run.change(row.id, { purpose: isPurpose(value) ? value : undefined })}
          >
            {purpose === "" && <option value="">Not known</option>}
            <Options of={purposes} />
          </select>
        )}
      </td>
      <td data-label="Valid">
        {facts === undefined ? (
          "–"
        ) : (
          <span>
            <time dateTime={facts.startDateTime}>{facts.startDateTime.slice(0, 10)}</time> to{" "}
            <time dateTime={facts.expirationDateTime}>{facts.expirationDateTime.slice(0, 10)}</time>
          </span>
        )}
      </td>
      <td data-label="Thumbprint">
        {facts === undefined ? "–" : <code title={facts.thumbprint}>{facts.thumbprint.slice(0, 8)}</code>}
      </td>
      <td data-label="State" className="import-state">
        <span className={`badge ${tones[status] ?? ""}`}>
          {status === "notTried" && isUnderWay(phase) ? "waits" : statusWords[status]}
        </span>
        <div id={`${id}-why`}>
          {message !== undefined && status !== "locked" && (
            <p className={status === "skipped" ? undefined : "wrong"}>
              {status === "failed" && code === "BAD_USER_INPUT" ? failed(row, userRule) : message}
              {code !== undefined && (
                <>
                  {" "}
                  <code>{code}</code>
                </>
              )}
            </p>
          )}
          {code !== undefined && advice[code] !== undefined && userRule === undefined && <p>{advice[code]}</p>}
          {outcome?.graphRequestId && (
            <p>
              Graph request <code>{outcome.graphRequestId}</code>
            </p>
          )}
          {status !== "created" &&
            facts?.warnings.map(
              (warning) => warning.message !== message && <p key={warning.code}>Note: {warning.message}.</p>,
            )}
        </div>
        {!isFixed && <Remedies row={row} run={run} status={status} code={code} />}
      </td>
    </tr>
  );
});

/** The gateway's rules are written for programs; the one about the user is about what a person has typed. */
function failed({ outcome }: Row, userRule: string | undefined): string {
  if (userRule !== undefined) return `The user can't be taken: ${userRule}`;
  const paths = outcome?.invalid?.map(({ path }) => path) ?? [];
  if (paths.length === 0) return outcome?.message ?? "";
  return `The gateway does not take this certificate's ${paths.join(", ")}. Prepare the file again.`;
}

function Remedies({ row, run, status, code }: { row: Row; run: ImportRun; status: Status; code: string | undefined }) {
  const remedies = useRef<HTMLDivElement>(null);
  const thumbprints = row.problem?.thumbprints;
  useFocusHandover(remedies, "tr");
  return (
    <div className="import-remedies" ref={remedies}>
      {needsPassword(row) && (
        <PasswordForm
          label={`Password of ${row.name}`}
          isLabelHidden
          button="Open"
          onPassword={(password) => void run.setPassword(password, row.id)}
        />
      )}
      {thumbprints !== undefined && (
        <select
          aria-label={`Certificate of ${row.name}`}
          value=""
          onChange={({ target: { value } }) => run.change(row.id, { thumbprint: value })}
        >
          <option value="">Choose a certificate …</option>
          {thumbprints.map((thumbprint) => (
            <option key={thumbprint} value={thumbprint}>
              {thumbprint}
            </option>
          ))}
        </select>
      )}
      {status === "problem" && code === "EXPIRED" && (
        <button type="button" onClick={() => run.takeExpired(row.id)}>
          Import it all the same<span className="hidden">: {row.name}</span>
        </button>
      )}
      {row.outcome === undefined && status !== "opening" && (
        <button
          type="button"
          className="quiet"
          onClick={({ currentTarget }) => {
            const tr = currentTarget.closest("tr");
            const next = tr?.nextElementSibling ?? tr?.previousElementSibling;
            if (next instanceof HTMLElement) next.focus();
            void run.remove(row.id);
          }}
        >
          Remove<span className="hidden"> {row.name}</span>
        </button>
      )}
    </div>
  );
}
