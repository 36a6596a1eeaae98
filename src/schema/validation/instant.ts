/**
 * Points in time with up to seven fractional digits and an offset, as Graph writes them. A JavaScript `Date` would lose four
 * of the digits. So the text is kept, and only comparisons use a number.
 */

const dateTime = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?(?:Z|([+-])(\d\d):(\d\d))$/i;

/** Cache of recent results: every date of an input is parsed twice, and the dates of an import often repeat. */
const known = new Map<string, bigint>();
const maxKnown = 100;

/**
 * Picoseconds since 1970-01-01T00:00:00Z; `undefined` if the text is no RFC 3339 date-time or no day of the calendar. Leap
 * seconds (`:60`) and the year 0000 are not accepted, because Graph cannot store them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export function instantOf(text: string): bigint | undefined {
  const found = known.get(text);
  if (found !== undefined) return found;
  const instant = parseInstant(text);
  if (instant === undefined) return undefined;
  if (known.size >= maxKnown) known.clear();
  known.set(text, instant);
  return instant;
}

function parseInstant(text: string): bigint | undefined {
  const match = dateTime.exec(text);
  if (match === null) return undefined;
  const [, year = "", month = "", day = "", hour = "", minute = "", second = "", fraction = "", sign, ...offset] =
    match;
  const [offsetHours = "0", offsetMinutes = "0"] = offset;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59 || Number(year) === 0) return undefined;
  const local = new Date(0);
  local.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (local.getUTCMonth() !== Number(month) - 1 || local.getUTCDate() !== Number(day)) return undefined;
  local.setUTCHours(Number(hour), Number(minute), Number(second));
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000 * (sign === "-" ? -1 : 1);
  return BigInt(local.getTime() - offsetMs) * 1_000_000_000n + BigInt(fraction.padEnd(12, "0"));
}

/** Whether `earlier` is strictly before `later`; false if either is no date-time. */
export function isBefore(earlier: string, later: string): boolean {
  const from = instantOf(earlier);
  const to = instantOf(later);
  return from !== undefined && to !== undefined && from < to;
}
