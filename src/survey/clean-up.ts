/**
 * Deletes what a survey made. A certificate is deleted by the id that its create answered. One without an id is looked for; it
 * is deleted only if its thumbprint and its key name are the survey's.
 */

import { filterQuery } from "../datasources/graph/protocol/odata.ts";
import type { GraphResponse } from "../datasources/graph/protocol/request.ts";
import { isCertificateId, isSameId } from "../datasources/user-pfx-certificates/path.ts";
import type { ContractCheck, Leftover } from "./answers.ts";
import type { Session } from "./session.ts";
import { surveyKeyName, type ThrowAway, type ThrowAways } from "./throw-away.ts";
import { allRows, type Entity, entityOf, isSuccess } from "./world.ts";

/** Waits before each search for certificates whose create had no answer: Graph may apply it late, and lists are late too. */
const searchWaitsMs = [0, 2000, 5000, 10_000];

export async function cleanUp(
  session: Session,
  baseUrl: URL,
  throwAways: ThrowAways,
): Promise<{ leftovers: Leftover[]; contract: ContractCheck[] }> {
  session.beginCleanUp();
  const { all } = throwAways;
  const contract: ContractCheck[] = [];
  const made = all.filter(({ state }) => state === "made");
  for (const throwAway of made) await attempt(() => remove(session, throwAway, contract));
  await attempt(() => search({ session, baseUrl }, throwAways));
  const leftovers = all
    .filter(({ state }) => state !== "gone")
    .map(({ thumbprint, state }) => ({ thumbprint, isCertain: state === "made" }));
  const unique = new Map(leftovers.map((each) => [each.thumbprint, each])); // a second create has the same thumbprint
  return { leftovers: [...unique.values()], contract };
}

/** The next certificate is deleted even if this one cannot be. */
async function attempt(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch {
    // What is not gone is reported as left over.
  }
}

async function remove(session: Session, throwAway: ThrowAway, contract: ContractCheck[]): Promise<void> {
  const { id } = throwAway;
  if (id === undefined) return;
  const response = await session.send({ method: "DELETE", id });
  if (!isSuccess(response)) {
    // It may be gone already: an earlier answer was lost, or two creates have one id. Otherwise the search tries again.
    if (isGone(await session.send({ method: "GET", id }))) throwAway.state = "gone";
    return;
  }
  throwAway.state = "gone";
  if (contract.length > 0) return;
  const { status } = response;
  contract.push({
    promise: "a deletion answers 204",
    holds: status === 204,
    ...(status === 204 ? {} : { detail: `status ${status}` }),
  });
  const holds = !isSuccess(await session.send({ method: "GET", id }));
  contract.push({ promise: "a deleted certificate is gone at once", holds });
}

/** Whether Graph answers a read by id that there is no such certificate. Whether that is a 400 is a question of the survey. */
const isGone = ({ status }: GraphResponse): boolean => [400, 404, 410].includes(status);

/** Looks for certificates whose create had no answer, for ones that no answer named, and for ones that are still there. */
async function search(list: { session: Session; baseUrl: URL }, throwAways: ThrowAways): Promise<void> {
  const { session } = list;
  const { all, userPrincipalName } = throwAways;
  const doubtful = () => all.filter(({ state }) => state === "unknown");
  if (all.length === 0) return;
  for (const waitMs of searchWaitsMs) {
    await session.sleep(waitMs);
    for (const throwAway of doubtful()) await removeByGuess(session, throwAway, all);
    const found = await ownRows(list, userPrincipalName, all);
    for (const row of found) for (const each of all) if (isRowOf(row, each)) each.state = "made";
    for (const row of found) {
      if (!(await isRemoved(session, String(row.id)))) continue;
      for (const each of all) if (isRowOf(row, each)) each.state = "gone";
    }
    if (found.length === 0 && doubtful().length === 0) return;
  }
}

function isRowOf({ id, thumbprint }: Entity, throwAway: ThrowAway): boolean {
  if (throwAway.thumbprint !== String(thumbprint).toLowerCase()) return false;
  return throwAway.id === undefined || isSameId(throwAway.id, String(id));
}

/** The id of a lost create is known as soon as another create has answered one: user, dash, thumbprint. */
async function removeByGuess(session: Session, throwAway: ThrowAway, all: readonly ThrowAway[]): Promise<void> {
  const owner = all.flatMap(({ id }) => id?.split("-")[0] ?? [])[0];
  if (owner === undefined) return;
  const id = `${owner}-${throwAway.thumbprint}`;
  const response = await session.send({ method: "GET", id });
  if (isSuccess(response) && isOwn(entityOf(response), [throwAway]) && (await isRemoved(session, id))) {
    throwAway.state = "gone";
  }
}

/** Deletes a certificate, and looks whether it is gone: lists may show it longer, and a 404 may be wrong. */
async function isRemoved(session: Session, id: string): Promise<boolean> {
  await session.send({ method: "DELETE", id });
  return isGone(await session.send({ method: "GET", id }));
}

async function ownRows(
  list: { session: Session; baseUrl: URL },
  userPrincipalName: string,
  all: readonly ThrowAway[],
): Promise<Entity[]> {
  const filtered = await allRows(list, filterQuery({ userPrincipalName }));
  // A service that refuses the filter lists everything without it.
  const { rows } = isSuccess(filtered.response) ? filtered : await allRows(list, "");
  return rows.filter((row) => isOwn(row, all) && isCertificateId(row.id));
}

function isOwn({ thumbprint, keyName }: Entity, all: readonly ThrowAway[]): boolean {
  const wanted = String(thumbprint).toLowerCase();
  return keyName === surveyKeyName && all.some((throwAway) => throwAway.thumbprint === wanted);
}
