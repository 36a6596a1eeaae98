/** Checks for parsed JSON of unknown shape. */

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it is a string, otherwise null. */
export function stringOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
