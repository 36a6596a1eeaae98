/** The list's filters: as the address holds them, as the form gives them, and as the gateway takes them. */
import type { UserPfxCertificateFilter, UserPfxIntendedPurpose } from "intune-pfx-client/operations";
import { isPurpose, purposes } from "../words.ts";

/** Days that a certificate of this choice has left at most. */
export const soonDays = { "30-days": 30, "90-days": 90 } as const;
export type Expiry = "expired" | keyof typeof soonDays;

export const sorts = { "": "Intune's order", user: "User, A to Z", expiry: "Expiry, first to last" } as const;
export type Sort = keyof typeof sorts;

export interface Filters {
  /** A whole user principal name: Intune is asked for it. */
  readonly user?: string;
  /** A whole SHA-1 thumbprint: Intune is asked for it. */
  readonly thumbprint?: string;
  /** A part of a user name or thumbprint: searched in the browser, since Intune can't. */
  readonly part?: string;
  readonly purpose?: UserPfxIntendedPurpose;
  readonly expiry?: Expiry;
  /** `YYYY-MM-DD`; instead of `expiry`. */
  readonly before?: string;
  readonly sort?: Exclude<Sort, "">;
}

const dayMs = 86_400_000;

/** What the text of the search box asks for. */
export function searchFor(text: string): { term: Pick<Filters, "user" | "thumbprint" | "part">; problem?: string } {
  const trimmed = text.trim();
  if (trimmed === "") return { term: {} };
  const digits = trimmed.replace(/[:\s\p{Pd}\p{Cf}]+/gu, "").toLowerCase();
  if (/^[0-9a-f]{40}$/.test(digits)) return { term: { thumbprint: digits } };
  if (/^[0-9a-f]{64}$/.test(digits)) {
    const problem = "This is a SHA-256 thumbprint, with 64 digits. Intune has the SHA-1 thumbprint, with 40 digits.";
    return { term: {}, problem };
  }
  return isWholeUserName(trimmed) ? { term: { user: trimmed } } : { term: { part: trimmed } };
}

/** Only what the gateway accepts as a user principal name. Anything else is a part of a name. */
function isWholeUserName(text: string): boolean {
  return /^[^@\s]+@[^@\s]+\.[^@\s.]+$/u.test(text) && !/["<>:,\u201c-\u201f\u00ab\u00bb\p{Cc}\p{Cf}]/u.test(text);
}

/** Whether this is a day of the calendar, written as `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && text >= "0001" && new Date(time || 0).toISOString().startsWith(text);
}

/** @returns the address's filters, and what is wrong with it, in sentences. What is wrong is left out. */
export function readFilters(address: URLSearchParams): { filters: Filters; problems: readonly string[] } {
  const problems: string[] = [];
  const given = (name: string) => address.get(name) || undefined;
  const choose = <Value extends string>(name: string, words: string, isKnown: (value: string) => value is Value) => {
    const value = given(name);
    if (value === undefined || isKnown(value)) return value;
    problems.push(`The address asks for ${words} that does not exist. It is left out.`);
    return undefined;
  };
  const terms = ["user", "thumbprint", "part"].flatMap((name) => given(name) ?? []);
  if (terms.length > 1)
    problems.push("The address searches for several things at once. Only the first is searched for.");
  const [text = ""] = terms;
  const { term, problem } = text === given("part") ? { term: { part: text }, problem: undefined } : searchFor(text);
  if (problem !== undefined) problems.push(problem);
  const purpose = choose("purpose", "a purpose", isPurpose);
  const expiry = choose("expiry", "an expiry", isExpiry);
  const sort = choose("sort", "an order", isSort);
  const before = given("before");
  const isGoodDate = before === undefined || isDate(before);
  if (!isGoodDate) problems.push("The address has a date that is not in the calendar. It is left out.");
  return {
    filters: {
      ...term,
      ...(purpose && { purpose }),
      ...(before && isGoodDate ? { before } : expiry && { expiry }),
      ...(sort && { sort }),
    },
    problems,
  };
}

function isExpiry(value: string): value is Expiry {
  return value === "expired" || Object.hasOwn(soonDays, value);
}

export function isSort(value: string): value is Exclude<Sort, ""> {
  return value !== "" && Object.hasOwn(sorts, value);
}

/** The query of the address for these filters. */
export function addressOf(filters: Filters): string {
  const { user, thumbprint, part, purpose, expiry, before, sort } = filters;
  const given = Object.entries({ user, thumbprint, part, purpose, expiry, before, sort }).filter(([, value]) => value);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return query && `?${query}`;
}

/** Whether these choose among the certificates; an order alone doesn't. */
export function isFiltered({ sort, ...conditions }: Filters): boolean {
  return addressOf(conditions) !== "";
}

/** What the gateway is asked for. @param nowMs decides what has expired. */
export function gatewayFilter(
  { user, thumbprint, purpose, expiry, before }: Filters,
  nowMs: number,
): UserPfxCertificateFilter {
  const now = isoOf(nowMs);
  return {
    ...(user && { userPrincipalName: user }),
    ...(thumbprint && { thumbprint }),
    ...(purpose && { intendedPurpose: purpose }),
    ...(before && { expiresBefore: `${before}T00:00:00Z` }),
    ...(expiry === "expired" && { expiresBefore: now }),
    ...(expiry &&
      expiry !== "expired" && { expiresAfter: now, expiresBefore: isoOf(nowMs + soonDays[expiry] * dayMs) }),
  };
}

const isoOf = (timeMs: number): string => `${new Date(timeMs).toISOString().slice(0, 19)}Z`;

export const expiryWords: Readonly<Record<Expiry, string>> = {
  expired: "Expired",
  "30-days": "Within 30 days",
  "90-days": "Within 90 days",
};

/** The list in words, for the page's title. */
export function titleOf({ user, thumbprint, part, purpose, expiry, before }: Filters): string {
  const term = user ?? thumbprint ?? part;
  return [
    expiry === "expired" ? "Expired certificates" : "Certificates",
    expiry && expiry !== "expired" && `that expire within ${soonDays[expiry]} days`,
    before && `that expire before ${before}`,
    purpose && `for ${purposes[purpose]}`,
    term && `with “${term}”`,
  ]
    .filter(Boolean)
    .join(" ");
}
