/** JSON written as a literal of a GraphQL document, which spells object keys and enum members without quotes. */

/** Text that stands in the document as it is, such as an enum member or a variable. */
export class Verbatim {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export function literalOf(value: unknown): string {
  if (value instanceof Verbatim) return value.text;
  if (Array.isArray(value)) return `[${value.map(literalOf).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${name}: ${literalOf(field)}`).join(", ")}}`;
}
