/** How many certificates are shown, and what was searched for them: only as far as it is known. */
import type { Filters } from "./filters.ts";

interface SummaryProps {
  filters: Filters;
  /** How many were read. */
  read: number;
  /** How many of those match what the page itself searches. */
  matching: number;
  shown: number;
  hasMore: boolean;
  isReading: boolean;
}

const number = new Intl.NumberFormat("en");

export function Summary({ filters, read, matching, shown, hasMore, isReading }: SummaryProps) {
  const { part, sort, user, thumbprint } = filters;
  const order = sort && ` sorted by ${sort === "user" ? "user" : "expiry"}`;
  if (part) {
    const progress = hasMore ? (isReading ? "so far" : "only: there are more") : "all there are";
    return (
      <>
        {certificates(matching)} with “<bdi>{part}</bdi>”{order && `,${order}`}. This page searched {certificates(read)}
        , {progress}.
      </>
    );
  }
  if (user || thumbprint) {
    return (
      <>
        {certificates(read)}
        {hasMore && " so far"}
        {order && `,${order}`}. Intune was asked for exactly this {user ? "user" : "thumbprint"}.
      </>
    );
  }
  if (order) {
    return hasMore
      ? `The first ${certificates(read)},${order}. There are more, which are not in this order.`
      : `${certificates(read)},${order}.`;
  }
  return hasMore || shown < read ? `${certificates(shown)} shown; there are more.` : `${certificates(read)}.`;
}

function certificates(count: number): string {
  return `${number.format(count)} ${count === 1 ? "certificate" : "certificates"}`;
}
