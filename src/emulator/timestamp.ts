/**
 * Edm.DateTimeOffset as text. A JavaScript Date keeps only milliseconds; Graph keeps seven digits of a second. So timestamps
 * are stored unchanged and compared as whole picoseconds.
 */
const shape = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?(Z|[+-]\d\d:\d\d)$/;

/** The instant in picoseconds since 1970; undefined if the text is no valid timestamp. */
export function instantOf(text: string): bigint | undefined {
  const parts = shape.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", offset] = parts;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const ms = Date.parse(`${local}Z`);
  // Date.parse turns 30 February into a day of March. Only a valid timestamp survives the round trip.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== local) return undefined;
  const atOffset = Date.parse(`${local}${offset}`);
  if (Number.isNaN(atOffset)) return undefined;
  return BigInt(atOffset) * 1_000_000_000n + BigInt(fraction.padEnd(12, "0"));
}

/**
 * An instant in Graph's format, with seven fractional digits.
 *
 * @param sequence fills the four digits below the millisecond, so that two writes in one millisecond differ.
 */
export function formatInstant(epochMs: number, sequence: number): string {
  const digits = String(sequence % 10_000).padStart(4, "0");
  return new Date(epochMs).toISOString().replace("Z", `${digits}Z`);
}
