/** Builds `$filter` and encodes every value. */

/**
 * Builds a `$filter` that ignores case, encoded for a query string; empty without conditions. Quotes are doubled, and encoded
 * as `URL` does, so that the query has the one form that a cursor may contain.
 *
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SystemQueryOptionfilter
 */
export function filterQuery(conditions: Readonly<Record<string, string | null | undefined>>): string {
  const clauses = Object.entries(conditions).flatMap(([name, value]) => (value ? equalsInAnyCase(name, value) : []));
  return clauses.length === 0 ? "" : `$filter=${encodeURIComponent(clauses.join(" and ")).replaceAll("'", "%27")}`;
}

function equalsInAnyCase(property: string, value: string): string {
  const wellFormed = value.replace(/\p{Cs}/gu, "\ufffd"); // half a surrogate pair cannot be encoded
  return `tolower(${property}) eq '${wellFormed.toLowerCase().replaceAll("'", "''")}'`;
}
