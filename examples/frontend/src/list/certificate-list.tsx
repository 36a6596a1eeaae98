/** The certificates: filtered, read page by page; each can be given another purpose or be deleted. */
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { useAddress } from "../address.tsx";
import { Problem } from "../problem.tsx";
import { buttonId, CertificateTable } from "./certificate-table.tsx";
import { ExpiryLinks } from "./expiry-links.tsx";
import { FilterForm } from "./filter-form.tsx";
import { addressOf, gatewayFilter, readFilters } from "./filters.ts";
import { NoCertificates } from "./no-certificates.tsx";
import { Notice } from "./notice.tsx";
import { inOrder, withPart } from "./search-and-sort.ts";
import { Summary } from "./summary.tsx";
import { useCertificates } from "./use-certificates.ts";
import { useQuestions } from "./use-questions.tsx";

/** What is shown at first, and more of with each "Load more". */
const pageSize = 25;
/** What is read at first, and more with each "Read on", where the page itself searches or sorts. */
const searchSize = 5000;

export function CertificateList() {
  const address = useAddress();
  const { filters, problems } = useMemo(() => readFilters(address), [address]);
  const key = addressOf(filters);

  const [nowMs, setNowMs] = useState(Date.now);
  const [countedMs, setCountedMs] = useState(nowMs);
  const filter = useMemo(() => gatewayFilter(filters, nowMs), [filters, nowMs]);
  const isReadWhole = filters.part !== undefined || filters.sort !== undefined;
  const [extent, setExtent] = useState({ key, shown: pageSize, read: searchSize });
  const { shown, read } = extent.key === key ? extent : { shown: pageSize, read: searchSize };
  const reading = useCertificates(filter, isReadWhole ? read : shown, pageSize);
  const { certificates, formerCertificates, hasMore, isReading, failure, retry } = reading;
  const matching = inOrder(withPart(certificates ?? [], filters.part), filters.sort);
  const rows = certificates ? matching.slice(0, shown) : formerCertificates.slice(0, pageSize);

  const heading = useRef<HTMLHeadingElement>(null);
  const { dialog, done, dismiss, ask } = useQuestions({ rows, heading, onDeleted: () => setCountedMs(Date.now()) });
  const [doneAt, setDoneAt] = useState(key);
  if (doneAt !== key) {
    setDoneAt(key);
    dismiss(); // it was said of another list
  }

  const isWholeRead = !hasMore || (certificates?.length ?? 0) >= read;
  const canShowMore = matching.length > shown || (hasMore && !isReadWhole);
  const isPaused = isReadWhole && hasMore && isWholeRead && !isReading;
  const firstNewRow = useRef<number>(undefined);

  // "Load more" leaves with the last page; the focus goes to the first new row.
  useLayoutEffect(() => {
    const row = firstNewRow.current === undefined ? undefined : rows[firstNewRow.current];
    if (row === undefined) return;
    firstNewRow.current = undefined;
    if (document.activeElement === document.body) document.getElementById(buttonId("purpose", row))?.focus();
  });

  function refresh() {
    dismiss();
    setNowMs(Date.now());
    setCountedMs(Date.now());
    reading.reload();
  }

  return (
    <>
      <h2 ref={heading} tabIndex={-1} className="hidden">
        Certificates
      </h2>
      <ExpiryLinks filters={filters} nowMs={countedMs} />
      <FilterForm filters={filters} onApply={dismiss} />
      {problems.map((problem) => (
        <p key={problem} role="alert" className="warning">
          {problem}
        </p>
      ))}
      <div className="summary">
        <p role="status">
          {certificates ? (
            <Summary
              filters={filters}
              read={certificates.length}
              matching={matching.length}
              shown={rows.length}
              hasMore={hasMore}
              isReading={isReading}
            />
          ) : (
            isReading && "Loading …"
          )}
        </p>
        {isReadWhole && isReading && certificates && (
          <button type="button" onClick={() => setExtent({ key, shown, read: certificates.length })}>
            Stop
          </button>
        )}
        {isPaused && certificates && (
          <button type="button" onClick={() => setExtent({ key, shown, read: certificates.length + searchSize })}>
            Read on
          </button>
        )}
        <button type="button" className="quiet" onClick={refresh}>
          Refresh
        </button>
      </div>
      {failure !== undefined && failure !== null && (
        <Problem failure={failure} onRetry={retry}>
          {!certificates && rows.length > 0 && <p>Below are the certificates from before.</p>}
        </Problem>
      )}
      {rows.length > 0 && (
        <CertificateTable certificates={rows} sort={filters.sort ?? ""} isFormer={!certificates} onAsk={ask} />
      )}
      {certificates && matching.length === 0 && !hasMore && <NoCertificates filters={filters} />}
      {canShowMore && certificates && (
        <p className="more">
          <button
            type="button"
            aria-disabled={isReading}
            onClick={() => {
              if (isReading) return;
              dismiss();
              firstNewRow.current = rows.length;
              setExtent({ key, shown: shown + pageSize, read });
            }}
          >
            {isReading ? "Loading …" : "Load more"}
          </button>
        </p>
      )}
      <Notice done={done} onDismiss={dismiss} />
      {dialog}
    </>
  );
}
