/** What the questions share, and the words for Graph's answers. */

import { filterQuery } from "../datasources/graph/protocol/odata.ts";
import { queryOfNextLink } from "../datasources/graph/protocol/paging.ts";
import type { GraphResponse } from "../datasources/graph/protocol/request.ts";
import { collectionPath, isSameId, naturalKeyQuery } from "../datasources/user-pfx-certificates/path.ts";
import { isRecord } from "../json.ts";
import type { ContractCheck, SurveyAnswer } from "./answers.ts";
import { errorFormOf } from "./body-shape.ts";
import type { Session } from "./session.ts";
import type { Created, ThrowAways } from "./throw-away.ts";

export interface World {
  readonly session: Session;
  readonly baseUrl: URL;
  readonly throwAways: ThrowAways;
  readonly answers: SurveyAnswer[];
  readonly contract: ContractCheck[];
}

/** A world with the three certificates that most questions need. */
export interface Stocked extends World {
  readonly first: Created;
  /** Has purpose `vpn`, and expires last. */
  readonly second: Created;
  /** Expires first. */
  readonly third: Created;
}

/** The survey ends before its last question. Neither text holds anything of the tenant. */
export class SurveyStop extends Error {
  override name = "SurveyStop";
  readonly advice: string;

  constructor(problem: string, advice: string) {
    super(problem);
    this.advice = advice;
  }
}

export type Entity = Readonly<Record<string, unknown>>;

/** The rows of a list; none if the body is no list. */
export function rowsOf({ body }: GraphResponse): readonly Entity[] {
  return isRecord(body) && Array.isArray(body.value) ? body.value.filter(isRecord) : [];
}

export function entityOf({ body }: GraphResponse): Entity {
  return isRecord(body) ? body : {};
}

export function isSuccess({ status }: GraphResponse): boolean {
  return status >= 200 && status < 300;
}

export function hasNextLink({ body }: GraphResponse): boolean {
  return isRecord(body) && typeof body["@odata.nextLink"] === "string" && body["@odata.nextLink"] !== "";
}

/** The query of the next page; `undefined` if there is none, or the gateway would not follow the link. */
export function nextQueryOf(response: GraphResponse, baseUrl: URL): string | undefined {
  if (!hasNextLink(response)) return undefined;
  return queryOfNextLink(String(entityOf(response)["@odata.nextLink"]), baseUrl, collectionPath);
}

/** Such as `status 400, code BadRequest`. */
export function statusWords({ status, body }: GraphResponse): string {
  return isRecord(body) && isRecord(body.error)
    ? `status ${status}, code ${errorFormOf(body).code}`
    : `status ${status}`;
}

/** Whether a row of a list is this certificate. */
export function isRow(row: Entity, { throwAway }: Created): boolean {
  const { id, thumbprint } = row;
  if (typeof thumbprint === "string") return thumbprint.toLowerCase() === throwAway.thumbprint;
  return typeof id === "string" && throwAway.id !== undefined && isSameId(id, throwAway.id);
}

/** The query by which the gateway looks a create up. */
export function keyQuery({ throwAways: { userPrincipalName } }: World, { throwAway: { thumbprint } }: Created): string {
  return naturalKeyQuery({ userPrincipalName, thumbprint });
}

/** The query for all certificates of the test user. */
export function userQuery({ throwAways: { userPrincipalName } }: World): string {
  return filterQuery({ userPrincipalName });
}

const maxPages = 10;

/** The rows of a list, page after page. `isWhole` is false if pages are left. @throws as `Session.send` does. */
export async function allRows(
  { session, baseUrl }: Pick<World, "session" | "baseUrl">,
  query: string,
): Promise<{ response: GraphResponse; rows: Entity[]; isWhole: boolean }> {
  let response = await session.send({ method: "GET", query });
  const rows = [...rowsOf(response)];
  for (let page = 1; page < maxPages; page += 1) {
    const next = nextQueryOf(response, baseUrl);
    if (next === undefined) break;
    response = await session.send({ method: "GET", query: next });
    rows.push(...rowsOf(response));
  }
  return { response, rows, isWhole: isSuccess(response) && !hasNextLink(response) };
}
