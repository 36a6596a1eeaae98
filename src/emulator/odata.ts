/**
 * Evaluates `$filter`: comparisons with eq, ne, lt, le, gt, ge over properties and literals, tolower(), and, or and
 * parentheses. It is written independently, from the grammar, so that it cannot hide a client's bug in building filters.
 *
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html
 */
import { badRequest, type GraphFailure } from "./failure.ts";
import { instantOf } from "./timestamp.ts";

/** The type of a property in comparisons; an enum lists its members. */
export type PropertyType = "string" | "date" | { readonly members: readonly string[] };

export interface FilterRules<Row> {
  /** The property's type; undefined if the entity has no such property. */
  typeOf(property: string): PropertyType | undefined;
  read(row: Row, property: string): string | null;
  /** Whether comparisons on the property are evaluated; the others are true. */
  honours(property: string): boolean;
  /** Whether its comparisons ignore case even without tolower(). */
  ignoresCase(property: string): boolean;
}

type Predicate<Row> = (row: Row) => boolean;
interface Token {
  readonly kind: "string" | "word" | "value" | "(" | ")";
  readonly text: string;
}
interface Operand<Row> {
  readonly type: PropertyType | "number" | "null";
  readonly property?: string;
  readonly literal?: string;
  readonly read: (row: Row) => string | null;
}

/** @throws {GraphFailure} 400 for a filter that cannot be read or names an unknown property. */
export function compileFilter<Row>(filter: string, rules: FilterRules<Row>): Predicate<Row> {
  const parser = new FilterParser(tokensOf(filter), rules);
  return parser.whole();
}

function syntaxError(at: number): GraphFailure {
  return badRequest(`Invalid filter clause: Syntax error at position ${at}.`);
}

function tokensOf(filter: string): Token[] {
  const pattern = /\s+|([()])|((?:[A-Za-z_][\w.]*)?'(?:[^']|'')*')|([A-Za-z_]\w*)|([+-]?\d[\d:.TZ+-]*)/gy;
  const tokens: Token[] = [];
  while (pattern.lastIndex < filter.length) {
    const at = pattern.lastIndex;
    const found = pattern.exec(filter);
    if (found === null) throw syntaxError(at);
    const [, bracket, quoted, word, value] = found;
    if (bracket === "(" || bracket === ")") tokens.push({ kind: bracket, text: bracket });
    else if (quoted !== undefined) {
      // An enum literal may have its type before the quote; only the member's name counts.
      const text = quoted.slice(quoted.indexOf("'") + 1, -1).replaceAll("''", "'");
      tokens.push({ kind: "string", text });
    } else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else if (value !== undefined) tokens.push({ kind: "value", text: value });
  }
  return tokens;
}

class FilterParser<Row> {
  readonly #tokens: readonly Token[];
  readonly #rules: FilterRules<Row>;
  #next = 0;

  constructor(tokens: readonly Token[], rules: FilterRules<Row>) {
    this.#tokens = tokens;
    this.#rules = rules;
  }

  whole(): Predicate<Row> {
    const predicate = this.#or(0);
    if (this.#next < this.#tokens.length) throw syntaxError(this.#next);
    return predicate;
  }

  #or(depth: number): Predicate<Row> {
    const left = this.#and(depth);
    if (!this.#takeWord("or")) return left;
    const right = this.#or(depth);
    return (row) => left(row) || right(row);
  }

  #and(depth: number): Predicate<Row> {
    const left = this.#term(depth);
    if (!this.#takeWord("and")) return left;
    const right = this.#and(depth);
    return (row) => left(row) && right(row);
  }

  #term(depth: number): Predicate<Row> {
    if (depth > 100) throw badRequest("Invalid filter clause: nested too deeply.");
    if (this.#tokens[this.#next]?.kind !== "(") return this.#comparison();
    this.#next += 1;
    const inner = this.#or(depth + 1);
    this.#take(")");
    return inner;
  }

  #comparison(): Predicate<Row> {
    const left = this.#operand();
    const operator = this.#take("word").text;
    const accepts = acceptedOrders[operator];
    if (accepts === undefined) throw syntaxError(this.#next - 1);
    const right = this.#operand();
    const order = ordering(left, right, operator, this.#rules);
    const properties = [left.property, right.property].filter((property) => property !== undefined);
    if (!properties.every((property) => this.#rules.honours(property))) return () => true;
    return (row) => {
      const found = order(row);
      return found !== undefined && accepts.includes(found);
    };
  }

  #operand(): Operand<Row> {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw syntaxError(this.#next);
    this.#next += 1;
    if (token.kind === "string") return { type: "string", literal: token.text, read: () => token.text };
    if (token.kind === "value") return valueOperand(token.text, this.#next - 1);
    if (token.kind !== "word") throw syntaxError(this.#next - 1);
    if (token.text === "null") return { type: "null", read: () => null };
    if (this.#tokens[this.#next]?.kind === "(") return this.#lowered(token.text);
    return this.#property(token.text);
  }

  #lowered(name: string): Operand<Row> {
    if (name !== "tolower") throw badRequest(`An unknown function with name '${name}' was found.`);
    this.#take("(");
    const inner = this.#operand();
    this.#take(")");
    if (inner.type !== "string")
      throw badRequest("No function signature for the function with name 'tolower' matches.");
    return { ...inner, read: (row) => inner.read(row)?.toLowerCase() ?? null };
  }

  #property(property: string): Operand<Row> {
    const type = this.#rules.typeOf(property);
    if (type === undefined) throw badRequest(`Could not find a property named '${property}'.`);
    return { type, property, read: (row) => this.#rules.read(row, property) };
  }

  #take(kind: Token["kind"]): Token {
    const token = this.#tokens[this.#next];
    if (token?.kind !== kind) throw syntaxError(this.#next);
    this.#next += 1;
    return token;
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#next];
    if (token?.kind !== "word" || token.text !== word) return false;
    this.#next += 1;
    return true;
  }
}

type Order = "before" | "same" | "after" | "different";

const acceptedOrders: Readonly<Record<string, readonly Order[]>> = {
  eq: ["same"],
  ne: ["before", "after", "different"],
  lt: ["before"],
  le: ["before", "same"],
  gt: ["after"],
  ge: ["after", "same"],
};

function valueOperand<Row>(text: string, at: number): Operand<Row> {
  if (instantOf(text) !== undefined) return { type: "date", read: () => text };
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return { type: "number", read: () => text };
  throw syntaxError(at);
}

function ordering<Row>(
  left: Operand<Row>,
  right: Operand<Row>,
  operator: string,
  rules: FilterRules<Row>,
): (row: Row) => Order | undefined {
  const types = [left.type, right.type].filter((type) => type !== "null");
  const kind = types[0] ?? "null";
  const members = types.flatMap((type) => (typeof type === "object" ? type.members : []));
  if (members.length > 0) checkMembers([left, right], members, operator);
  else if (types.some((type) => type !== kind)) {
    throw badRequest("A binary operator with incompatible types was detected.");
  }
  const folds = members.length > 0 || [left, right].some((side) => side.property && rules.ignoresCase(side.property));
  return (row) => {
    const values = [left.read(row), right.read(row)];
    if (values[0] === values[1]) return "same";
    const [a, b] = values.map((value) => (folds ? value?.toLowerCase() : value));
    if (a == null || b == null) return "different";
    if (kind === "date") return compare(instantOf(a) ?? 0n, instantOf(b) ?? 0n);
    return kind === "number" ? compare(Number(a), Number(b)) : compare(a, b);
  };
}

function checkMembers<Row>(operands: readonly Operand<Row>[], members: readonly string[], operator: string): void {
  if (operator !== "eq" && operator !== "ne") throw badRequest("An enumeration can be compared with eq and ne only.");
  for (const { type, property, literal } of operands) {
    if (property !== undefined || type === "null") continue;
    if (!members.some((member) => member.toLowerCase() === literal?.toLowerCase())) {
      throw badRequest("A binary operator with incompatible types was detected.");
    }
  }
}

function compare<Value extends string | number | bigint>(a: Value, b: Value): Order {
  if (a === b) return "same";
  return a < b ? "before" : "after";
}
