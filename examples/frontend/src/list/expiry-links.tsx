/** One click to what has expired or expires soon, with how many that are. */
import { useId } from "react";
import { Link } from "../address.tsx";
import { addressOf, type Expiry, expiryWords, type Filters, isFiltered } from "./filters.ts";
import { useExpiryCounts } from "./use-expiry-counts.ts";

/** @param nowMs a new value counts again. */
export function ExpiryLinks({ filters, nowMs }: { filters: Filters; nowMs: number }) {
  const counted = useExpiryCounts(nowMs);
  const id = useId();
  const choices: readonly Expiry[] = ["expired", "30-days", "90-days"];
  return (
    <nav aria-labelledby={id} className="chips">
      <span id={id}>Expiry</span>
      <Link to="" aria-current={!isFiltered(filters) ? "page" : undefined}>
        All
      </Link>
      {choices.map((expiry) => (
        <Link
          key={expiry}
          to={addressOf({ expiry, sort: "expiry" })}
          aria-current={filters.expiry === expiry ? "page" : undefined}
        >
          {expiryWords[expiry]}
          {counted && <Count number={counted.counts[expiry]} isLowerBound={counted.isLowerBound} />}
        </Link>
      ))}
    </nav>
  );
}

function Count({ number, isLowerBound }: { number: number; isLowerBound: boolean }) {
  return (
    <>
      <span className="hidden">: {isLowerBound && "at least "}</span>
      <span className="count">
        {number}
        {isLowerBound && <span aria-hidden="true">+</span>}
      </span>
    </>
  );
}
