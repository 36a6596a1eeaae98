/**
 * Which comparisons `$filter` honours. A filter is honoured if a list has the certificate that it names and no row that it
 * excludes; ignored if the list has such a row.
 */
import { randomBytes } from "node:crypto";
import { filterQuery } from "../../datasources/graph/protocol/odata.ts";
import type { GraphResponse } from "../../datasources/graph/protocol/request.ts";
import type { SurveyAnswer } from "../answers.ts";
import type { Created } from "../throw-away.ts";
import { type Entity, entityOf, isRow, isSuccess, rowsOf, type Stocked, statusWords } from "../world.ts";

interface Filter {
  readonly question: string;
  readonly property: string;
  readonly query: string;
  /** Whether the filter lets a row pass. */
  readonly matches: (row: Entity) => boolean;
  /** A certificate that the filter names. */
  readonly wanted: Created;
  /** The filter with a value that nothing has: needed where all rows of a small tenant match. */
  readonly emptyQuery?: string;
}

type Verdict = "honoured" | "ignored" | "refused" | "unclear";

/** @returns whether Graph refuses to filter by user. */
export async function askFilters(world: Stocked): Promise<boolean> {
  const verdicts: { filter: Filter; verdict: Verdict }[] = [];
  for (const filter of filtersFor(world)) {
    const { verdict, words } = await ask(world, filter);
    world.answers.push({ question: filter.question, answer: words });
    verdicts.push({ filter, verdict });
    if (filter.question === plainUserQuestion && verdict === "honoured") world.answers.push(await askCase(world));
  }
  const properties = [...new Set(verdicts.map(({ filter }) => filter.property))];
  const all = (property: string, wanted: Verdict) =>
    verdicts.filter(({ filter }) => filter.property === property).every(({ verdict }) => verdict === wanted);
  const honouredFilters = properties.filter((property) => all(property, "honoured"));
  const isAny = (wanted: Verdict) => verdicts.some(({ verdict }) => verdict === wanted);
  const otherFilters = isAny("refused") ? "refuse" : isAny("ignored") ? "ignore" : undefined;
  world.answers.push({
    question: "$filter",
    answer: honouredFilters.length === 0 ? "honoured for no property" : `honoured for ${honouredFilters.join(", ")}`,
    settings: { honouredFilters, ...(otherFilters === undefined ? {} : { otherFilters }) },
  });
  return verdicts.some(({ filter, verdict }) => filter.question === lowerUserQuestion && verdict === "refused");
}

const plainUserQuestion = "$filter userPrincipalName eq";
const lowerUserQuestion = "$filter tolower(userPrincipalName) eq";

function filtersFor(world: Stocked): Filter[] {
  const { first, second } = world;
  const user = storedUser(world);
  const nobody = `nobody-${randomBytes(8).toString("hex")}@example.invalid`;
  const isUsers = (row: Entity) => String(row.userPrincipalName).toLowerCase() === user.toLowerCase();
  const { thumbprint } = first.throwAway;
  const isFirst = (row: Entity) => isRow(row, first);
  return [
    {
      question: plainUserQuestion,
      property: "userPrincipalName",
      query: encoded(`userPrincipalName eq '${quoted(user)}'`),
      emptyQuery: encoded(`userPrincipalName eq '${nobody}'`),
      matches: isUsers,
      wanted: first,
    },
    {
      question: lowerUserQuestion,
      property: "userPrincipalName",
      query: filterQuery({ userPrincipalName: user }),
      emptyQuery: filterQuery({ userPrincipalName: nobody }),
      matches: isUsers,
      wanted: first,
    },
    {
      question: "$filter tolower(thumbprint) eq",
      property: "thumbprint",
      query: filterQuery({ thumbprint }),
      matches: isFirst,
      wanted: first,
    },
    {
      question: "$filter thumbprint eq",
      property: "thumbprint",
      query: encoded(`thumbprint eq '${String(entityOf(first.response).thumbprint ?? thumbprint)}'`),
      matches: isFirst,
      wanted: first,
    },
    {
      question: "$filter intendedPurpose eq",
      property: "intendedPurpose",
      query: encoded("intendedPurpose eq 'vpn'"),
      matches: ({ intendedPurpose }) => String(intendedPurpose).toLowerCase() === "vpn",
      wanted: second,
    },
    {
      question: "$filter expirationDateTime gt",
      property: "expirationDateTime",
      query: encoded("expirationDateTime gt 2098-06-01T00:00:00Z"),
      matches: ({ expirationDateTime }) => Date.parse(String(expirationDateTime)) > Date.parse("2098-06-01"),
      wanted: second,
    },
  ];
}

async function ask({ session }: Stocked, filter: Filter): Promise<{ verdict: Verdict; words: string }> {
  const response = await session.send({ method: "GET", query: filter.query });
  if (!isSuccess(response)) return { verdict: "refused", words: `refused: ${statusWords(response)}` };
  const rows = rowsOf(response);
  if (rows.some((row) => !filter.matches(row))) return { verdict: "ignored", words: "ignored" };
  if (!rows.some((row) => isRow(row, filter.wanted))) {
    return { verdict: "unclear", words: rows.length === 0 ? "accepted, finds nothing" : "accepted, misses a match" };
  }
  const isIgnored = filter.emptyQuery !== undefined && (await findsSomething(session, filter.emptyQuery));
  return isIgnored ? { verdict: "ignored", words: "ignored" } : { verdict: "honoured", words: "honoured" };
}

async function findsSomething(session: Stocked["session"], query: string): Promise<boolean> {
  return rowsOf(await session.send({ method: "GET", query })).length > 0;
}

/** Whether a plain comparison finds the user in the other case. */
async function askCase(world: Stocked): Promise<SurveyAnswer> {
  const question = `${plainUserQuestion}, other case`;
  const user = storedUser(world);
  const other = user === user.toUpperCase() ? user.toLowerCase() : user.toUpperCase();
  const response: GraphResponse = await world.session.send({
    method: "GET",
    query: encoded(`userPrincipalName eq '${quoted(other)}'`),
  });
  if (!isSuccess(response)) return { question, answer: `refused: ${statusWords(response)}` };
  const isFound = rowsOf(response).some((row) => isRow(row, world.first));
  const settings = { userPrincipalNameFilterIsCaseSensitive: !isFound };
  return { question, answer: isFound ? "case is ignored" : "case-sensitive", settings };
}

/** The user's name as Graph has it: its case may differ from the given name's. */
function storedUser({ first, throwAways }: Stocked): string {
  const { userPrincipalName } = entityOf(first.response);
  return typeof userPrincipalName === "string" ? userPrincipalName : throwAways.userPrincipalName;
}

const quoted = (text: string): string => text.replaceAll("'", "''");

const encoded = (filter: string): string => `$filter=${encodeURIComponent(filter).replaceAll("'", "%27")}`;
