/** Whether lists honour `$select`, `$orderby`, `$top` and `$count`. */
import type { GraphResponse } from "../../datasources/graph/protocol/request.ts";
import type { SurveyAnswer } from "../answers.ts";
import {
  type Entity,
  entityOf,
  hasNextLink,
  isSuccess,
  nextQueryOf,
  rowsOf,
  type Stocked,
  statusWords,
  userQuery,
} from "../world.ts";

/** @param isFilterRefused then all certificates are listed instead of the test user's. */
export async function askQueryOptions(world: Stocked, isFilterRefused: boolean): Promise<void> {
  const { answers, session } = world;
  const scope = isFilterRefused ? "" : `${userQuery(world)}&`;
  const list: List = (option) => session.send({ method: "GET", query: `${scope}${option}` });
  answers.push(await askSelect(list));
  answers.push(await askOrderBy(list));
  answers.push(await askTop(world, list));
  answers.push(await askCount(list));
  answers.push(await askCountSegment(world));
}

/** Lists certificates with one more query option. */
type List = (option: string) => Promise<GraphResponse>;

const ignored = (question: string): SurveyAnswer => ({
  question,
  answer: "ignored",
  settings: { ignoredQueryOptions: [question] },
});

const refused = (question: string, response: GraphResponse): SurveyAnswer => ({
  question,
  answer: `refused: ${statusWords(response)}`,
  settings: { refusedQueryOptions: [question] },
});

async function askSelect(list: List): Promise<SurveyAnswer> {
  const question = "$select";
  const response = await list("$select=thumbprint");
  if (!isSuccess(response)) return refused(question, response);
  const [row] = rowsOf(response);
  if (row === undefined) return { question, answer: "accepted, finds nothing" };
  const others = Object.keys(row).filter((name) => !name.startsWith("@") && name !== "thumbprint");
  if (others.length > 1) return ignored(question);
  return { question, answer: others.length === 0 ? "honoured" : "honoured, and one more property is there" };
}

/** The three certificates were made in an order that is neither ascending nor descending. */
async function askOrderBy(list: List): Promise<SurveyAnswer> {
  const question = "$orderby";
  const isOrdered: boolean[] = [];
  for (const direction of ["asc", "desc"]) {
    const response = await list(`$orderby=expirationDateTime%20${direction}`);
    if (!isSuccess(response)) return refused(question, response);
    const dates = rowsOf(response).map(({ expirationDateTime }) => Date.parse(String(expirationDateTime)));
    if (new Set(dates).size < 2) return { question, answer: "accepted, finds too few rows" };
    const sign = direction === "asc" ? 1 : -1;
    isOrdered.push(dates.every((date, at) => at === 0 || sign * (date - (dates[at - 1] ?? 0)) >= 0));
  }
  const honoursOrderBy = isOrdered.every((each) => each);
  return { question, answer: honoursOrderBy ? "honoured" : "ignored", settings: { honoursOrderBy } };
}

async function askTop(world: Stocked, list: List): Promise<SurveyAnswer> {
  const question = "$top";
  const response = await list("$top=1");
  if (!isSuccess(response)) return refused(question, response);
  const rows = rowsOf(response);
  if (rows.length !== 1) return ignored(question);
  if (!hasNextLink(response)) {
    return { question, answer: "honoured: that many rows, no next link", settings: { topMeans: "limit" } };
  }
  await checkNextLink(world, response, rows);
  return { question, answer: "honoured: pages of that size, with a next link", settings: { topMeans: "pageSize" } };
}

async function checkNextLink({ session, baseUrl, contract }: Stocked, page: GraphResponse, rows: readonly Entity[]) {
  const promise = "a next link leads to the next page of the same collection";
  const query = nextQueryOf(page, baseUrl);
  if (query === undefined) {
    contract.push({ promise, holds: false, detail: "it leads elsewhere" });
    return;
  }
  const next = rowsOf(await session.send({ method: "GET", query }));
  const isNext = next.length > 0 && next.every(({ id }) => id !== rows[0]?.id);
  contract.push({ promise, holds: isNext, ...(isNext ? {} : { detail: "the page has nothing new" }) });
}

async function askCount(list: List): Promise<SurveyAnswer> {
  const question = "$count";
  const response = await list("$count=true");
  if (!isSuccess(response)) return refused(question, response);
  const count = entityOf(response)["@odata.count"];
  if (typeof count !== "number") return ignored(question);
  const isWrong = !hasNextLink(response) && count !== rowsOf(response).length;
  return { question, answer: isWrong ? "honoured, with a wrong number" : "honoured" };
}

async function askCountSegment({ session }: Stocked): Promise<SurveyAnswer> {
  const question = "/$count";
  const response = await session.send({ method: "GET", isCount: true });
  const isNumber = isSuccess(response) && typeof response.body === "number";
  if (isNumber) return { question, answer: "answers a number", settings: { countSegment: true } };
  const words = isSuccess(response) ? "answers no number" : `refused: ${statusWords(response)}`;
  return { question, answer: words, settings: { countSegment: false } };
}
