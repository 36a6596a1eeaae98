/**
 * Applies a list request's query options: filter, order, paging, selection. `$top` sets the page size, as Graph documents it.
 * A page's token names the position of the last item, so that deletions between two pages neither hide nor repeat other rows.
 * With `$orderby` it names the number of items before the page.
 */
import type { Call } from "./exchange.ts";
import { badRequest } from "./failure.ts";
import { compileFilter, type FilterRules, type PropertyType } from "./odata.ts";
import { intendedPurposes, paddingSchemes, redacted, type StoredRecord } from "./record.ts";
import type { Settings } from "./settings.ts";
import type { Row } from "./store.ts";
import { instantOf } from "./timestamp.ts";

const propertyTypes: Readonly<Record<keyof StoredRecord, PropertyType>> = {
  id: "string",
  thumbprint: "string",
  intendedPurpose: { members: intendedPurposes },
  userPrincipalName: "string",
  startDateTime: "date",
  expirationDateTime: "date",
  providerName: "string",
  keyName: "string",
  paddingScheme: { members: paddingSchemes },
  encryptedPfxBlob: "string",
  encryptedPfxPassword: "string",
  createdDateTime: "date",
  lastModifiedDateTime: "date",
};

const isProperty = (name: string): name is keyof StoredRecord => Object.hasOwn(propertyTypes, name);

const knownOptions = new Set(
  ["filter", "top", "skip", "skiptoken", "select", "count", "orderby", "expand", "search", "format"].map(
    (n) => `$${n}`,
  ),
);

export interface Page {
  readonly records: readonly StoredRecord[];
  /** The total number of matches, if `$count=true` asks for it. */
  readonly count: number | undefined;
  /** Query of the next page, without the question mark. */
  readonly nextQuery: string | undefined;
}

export function pageOf(rows: readonly Row[], call: Call, settings: Settings): Page {
  const option = optionsOf(call, settings);
  const matching = matchingRows(rows, call, settings);
  const order = orderIn(option("$orderby"));
  const skip = wholeNumber("$skip", option("$skip")) ?? 0;
  const top = wholeNumber("$top", option("$top")) ?? settings.pageSize;
  const place = placeIn(option("$skiptoken"));
  const isOrdered = order !== undefined && settings.honoursOrderBy;
  const from = isOrdered ? matching.toSorted(order).slice(place) : matching.filter((row) => row.place > place);
  const ahead = from.slice(skip);
  const page = ahead.slice(0, Math.min(top, settings.pageSize));
  const last = page.at(-1);
  const isEnd = ahead.length === page.length || (settings.topMeans === "limit" && page.length === top);
  const next = isOrdered ? place + skip + page.length : last?.place;
  return {
    records: page.map((row) => row.record),
    count: wantsCount(option("$count")) ? matching.length : undefined,
    nextQuery: isEnd || next === undefined ? undefined : nextQuery(call, next),
  };
}

/** The rows that lists have, and that match the request's `$filter`. */
export function matchingRows(rows: readonly Row[], call: Call, settings: Settings): readonly Row[] {
  const listed = rows.filter((row) => row.createdAtMs + settings.listDelayMs <= settings.now());
  const filter = optionsOf(call, settings)("$filter");
  if (filter === undefined) return listed;
  const matches = compileFilter(filter, filterRules(settings));
  return listed.filter((row) => matches(row.record));
}

type Order = (one: Row, other: Row) => number;

/** Reads `$orderby`: one property, ascending or descending. */
function orderIn(given: string | undefined): Order | undefined {
  if (given === undefined) return undefined;
  const [, name = "", direction = "asc"] = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/.exec(given) ?? [];
  if (!isProperty(name)) throw badRequest("The $orderby expression is not supported.");
  const keyOf = ({ record }: Row) => {
    const value = redacted(record)[name] ?? "";
    return propertyTypes[name] === "date" ? (instantOf(value) ?? 0n) : value;
  };
  const sign = direction === "asc" ? 1 : -1;
  return (one, other) => {
    const [a, b] = [keyOf(one), keyOf(other)];
    return a === b ? 0 : a < b ? -sign : sign;
  };
}

/** Check `$select` and return a function that keeps the selected properties. */
export function selection(call: Call, settings: Settings): (record: StoredRecord) => Partial<StoredRecord> {
  const selected = optionsOf(call, settings)("$select");
  if (selected === undefined || selected === "*") return (record) => record;
  const names = selected.split(",").map((name) => name.trim());
  for (const name of names) {
    if (!isProperty(name)) throw badRequest(`Could not find a property named '${name}'.`);
  }
  return (record) => Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));
}

function optionsOf(call: Call, settings: Settings): (name: string) => string | undefined {
  for (const name of call.query.keys()) {
    if (name.startsWith("$") && !knownOptions.has(name)) {
      throw badRequest(`The query parameter '${name}' is not supported.`);
    }
    if (settings.refusedQueryOptions.includes(name)) throw badRequest(`The query option '${name}' is not allowed.`);
  }
  return (name) => (settings.ignoredQueryOptions.includes(name) ? undefined : (call.query.get(name) ?? undefined));
}

function filterRules(settings: Settings): FilterRules<StoredRecord> {
  const isHonoured = (name: string) => {
    const { honouredFilters: honoured } = settings;
    if (typeof honoured !== "string") return honoured.includes(name);
    return { none: false, known: ["userPrincipalName", "thumbprint"].includes(name), all: true }[honoured];
  };
  return {
    typeOf: (name) => (isProperty(name) ? propertyTypes[name] : undefined),
    // Filters see redacted records, as every read does: otherwise a filter could reveal secrets step by step.
    read: (record, name) => (isProperty(name) ? redacted(record)[name] : null),
    honours(name) {
      if (isHonoured(name)) return true;
      if (settings.otherFilters === "refuse") throw badRequest(`A filter by '${name}' is not supported.`);
      return false;
    },
    ignoresCase: (name) => name === "userPrincipalName" && !settings.userPrincipalNameFilterIsCaseSensitive,
  };
}

function wantsCount(given: string | undefined): boolean {
  if (given === undefined || given === "false") return false;
  if (given === "true") return true;
  throw badRequest("Invalid value for $count query option found; true or false was expected.");
}

function wholeNumber(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,9}$/.test(given)) return Number(given);
  throw badRequest(`Invalid value for ${name} query option found; a non-negative integer was expected.`);
}

function placeIn(token: string | undefined): number {
  if (token === undefined) return 0;
  const place = /^after:(\d+)$/.exec(Buffer.from(token, "base64url").toString())?.[1];
  if (place === undefined) throw badRequest("Skip token is not valid.");
  return Number(place);
}

function nextQuery(call: Call, place: number): string {
  const kept = [...call.query].filter(([name]) => name !== "$skip" && name !== "$skiptoken");
  const token = Buffer.from(`after:${place}`).toString("base64url");
  return [...kept, ["$skiptoken", token]].map(([name, value = ""]) => `${name}=${encodeURIComponent(value)}`).join("&");
}
