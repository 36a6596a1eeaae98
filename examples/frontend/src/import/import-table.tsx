/** The rows, fifty at a time and by state: a thousand rows with their fields would make the page slow. */
import { useDeferredValue, useId, useState } from "react";
import { ImportRow } from "./import-row.tsx";
import type { ImportRun } from "./import-run.ts";
import type { Phase } from "./import-state.ts";
import { judge, type Row, type Status } from "./rows.ts";
import { number } from "./words.ts";

const pageSize = 50;

const filters: readonly { readonly name: string; readonly statuses: readonly Status[] | undefined }[] = [
  { name: "All", statuses: undefined },
  { name: "To correct", statuses: ["locked", "problem"] },
  { name: "Ready", statuses: ["ready"] },
  { name: "Sending", statuses: ["sending"] },
  { name: "Failed", statuses: ["failed"] },
  { name: "Not sent yet", statuses: ["notTried"] },
  { name: "Imported", statuses: ["created"] },
  { name: "Already in Intune", statuses: ["alreadyThere", "skipped"] },
];

export function ImportTable({ rows: current, run, phase }: { rows: readonly Row[]; run: ImportRun; phase: Phase }) {
  const id = useId();
  const rows = useDeferredValue(current);
  const [chosen, setChosen] = useState(filters[0]);
  const [page, setPage] = useState(0);
  const groups = filters
    .map((filter) => ({ filter, rows: filter.statuses === undefined ? rows : rows.filter(isOneOf(filter.statuses)) }))
    .filter(({ filter, rows: { length } }) => length > 0 || filter === filters[0] || filter === chosen);
  const shown = groups.find(({ filter }) => filter === chosen)?.rows ?? rows;
  const pages = Math.max(1, Math.ceil(shown.length / pageSize));
  const at = Math.min(page, pages - 1);
  const start = at * pageSize;

  return (
    <div className="import-table">
      {rows.length > 1 && (
        <fieldset className="import-filters">
          <legend className="hidden">Which rows</legend>
          {groups.map(({ filter, rows: { length } }) => (
            <label key={filter.name}>
              <input
                type="radio"
                name={`${id}-filter`}
                checked={filter === chosen}
                onChange={() => {
                  setChosen(filter);
                  setPage(0);
                }}
              />
              <span>
                {filter.name} {number(length)}
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <table>
        <caption className="hidden">Certificates to import</caption>
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">User</th>
            <th scope="col">Purpose</th>
            <th scope="col">Valid</th>
            <th scope="col">Thumbprint</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {shown.slice(start, start + pageSize).map((row) => (
            <ImportRow key={row.id} row={row} run={run} phase={phase} />
          ))}
        </tbody>
      </table>
      {shown.length === 0 && <p className="empty">None.</p>}
      {pages > 1 && (
        <nav className="import-pages" aria-label="Pages of the table">
          <button type="button" aria-disabled={at === 0} onClick={() => at > 0 && setPage(at - 1)}>
            Previous
          </button>
          <span>
            {number(start + 1)} to {number(Math.min(start + pageSize, shown.length))} of {number(shown.length)}
          </span>
          <button type="button" aria-disabled={at === pages - 1} onClick={() => at < pages - 1 && setPage(at + 1)}>
            Next
          </button>
        </nav>
      )}
    </div>
  );
}

function isOneOf(statuses: readonly Status[]): (row: Row) => boolean {
  return (row) => statuses.includes(judge(row).status);
}
