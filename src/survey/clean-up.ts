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
  if (!isSuccess(response) && !isGone(response)) return;
  throwAway.state = "gone";
  const isFirst = contract.length === 0;
  if (!isFirst || !isSuccess(response)) return;
  const { status } = response;
  contract.push({
    promise: "a deletion answers 204",
    holds: status === 204,
    ...(status === 204 ? {} : { detail: `status ${status}` }),
  });
  const holds = !isSuccess(await session.send({ method: "GET", id }));
  contract.push({ promise: "a deleted certificate is gone at once", holds });
}

const isGone = ({ status }: GraphResponse): boolean => status === 404 || status === 410;

/** Looks for certificates whose create had no answer, and for ones that no answer named. */
async function search(list: { session: Session; baseUrl: URL }, throwAways: ThrowAways): Promise<void> {
  const { session } = list;
  const { all, userPrincipalName } = throwAways;
  const doubtful = () => all.filter(({ state }) => state === "unknown");
  if (all.length === 0) return;
  for (const waitMs of searchWaitsMs) {
    await session.sleep(waitMs);
    for (const throwAway of doubtful()) await removeByGuess(session, throwAway, all);
    const found = await ownRows(list, userPrincipalName, all);
    for (const { id, thumbprint } of found) {
      const isRemoved = await isRemovedById(session, String(id));
      for (const throwAway of all) {
        if (throwAway.thumbprint !== String(thumbprint).toLowerCase()) continue;
        if (throwAway.id !== undefined && !isSameId(throwAway.id, String(id))) continue;
        throwAway.state = isRemoved ? "gone" : "made";
      }
    }
    if (doubtful().length === 0) return;
  }
}

/** The id of a lost create is known as soon as another create has answered one: user, dash, thumbprint. */
async function removeByGuess(session: Session, throwAway: ThrowAway, all: readonly ThrowAway[]): Promise<void> {
  const owner = all.flatMap(({ id }) => id?.split("-")[0] ?? [])[0];
  if (owner === undefined) return;
  const id = `${owner}-${throwAway.thumbprint}`;
  const response = await session.send({ method: "GET", id });
  if (isSuccess(response) && isOwn(entityOf(response), [throwAway]) && (await isRemovedById(session, id))) {
    throwAway.state = "gone";
  }
}

async function isRemovedById(session: Session, id: string): Promise<boolean> {
  const response = await session.send({ method: "DELETE", id });
  return isSuccess(response) || isGone(response);
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
