/** When a certificate expires. The day is the one in UTC, as in the filter. */
const dayMs = 86_400_000;
const soonDays = 30;

export function Expiry({ at }: { at: string | null | undefined }) {
  if (!at) return "Unknown";
  const time = Date.parse(at);
  const days = Math.floor((time - Date.now()) / dayMs);
  return (
    <>
      <time dateTime={at}>{Number.isNaN(time) ? at.slice(0, 10) : new Date(time).toISOString().slice(0, 10)}</time>
      {days < 0 && <span className="badge past">expired</span>}
      {days >= 0 && days <= soonDays && <span className="badge soon">{leftWords(days)}</span>}
    </>
  );
}

function leftWords(days: number): string {
  if (days === 0) return "within a day";
  return days === 1 ? "in 1 day" : `in ${days} days`;
}
