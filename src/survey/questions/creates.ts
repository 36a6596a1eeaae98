/** Questions that make the three certificates: what a create answers, and when lists have it. */
import type { EmulatorSettings } from "../answers.ts";
import type { Created, Properties } from "../throw-away.ts";
import { allRows, entityOf, isRow, isSuccess, keyQuery, type Stocked, statusWords, type World } from "../world.ts";
import { refusal } from "./beginning.ts";

/** Sent as the service's own timestamps. */
const sentTimestamp = "2001-02-03T04:05:06Z";

const documentedProperties = [
  "id",
  "thumbprint",
  "intendedPurpose",
  "userPrincipalName",
  "startDateTime",
  "expirationDateTime",
  "providerName",
  "keyName",
  "paddingScheme",
  "encryptedPfxBlob",
  "encryptedPfxPassword",
  "createdDateTime",
  "lastModifiedDateTime",
];

/** @throws {SurveyStop} if Graph refuses one. */
export async function makeThree(world: World): Promise<Stocked> {
  const first = await made(world, {});
  checkFirst(world, first);
  const third = await askReadOnlyProperties(world, { expirationDateTime: "2097-01-01T00:00:00Z" });
  const second = await made(world, { intendedPurpose: "vpn", expirationDateTime: "2099-01-01T00:00:00Z" });
  const stocked = { ...world, first, second, third };
  await askListDelay(stocked);
  return stocked;
}

async function made({ throwAways }: World, changes: Properties): Promise<Created> {
  const created = await throwAways.create(changes);
  if (isSuccess(created.response)) return created;
  throw refusal(created.response, "Graph refuses to store a certificate of the given user");
}

function checkFirst({ contract, answers }: World, created: Created): void {
  const { response, throwAway } = created;
  const entity = entityOf(response);
  // Whether an answer has the two secrets is a question, not a promise.
  const missing = documentedProperties.filter((name) => !name.startsWith("encrypted") && !Object.hasOwn(entity, name));
  const isComplete = response.status === 201 && missing.length === 0;
  const found = missing.length === 0 ? "" : `, without ${missing.join(", ")}`;
  contract.push({
    promise: "a create answers 201 with the documented properties",
    holds: isComplete,
    ...(isComplete ? {} : { detail: `status ${response.status}${found}` }),
  });
  contract.push({
    promise: "an id is the user's object id and the thumbprint",
    holds: new RegExp(`^[0-9a-f]{32}-${throwAway.thumbprint}$`, "i").test(throwAway.id ?? ""),
  });
  const { words, echoSecrets } = secretsIn(created);
  const settings = echoSecrets === undefined ? {} : { settings: { echoSecrets } };
  answers.push({ question: "secretsInCreate", answer: words, ...settings });
}

/** What an answer has in place of the file and the password. */
export function secretsIn({ sent, response }: Pick<Created, "sent" | "response">): {
  words: string;
  echoSecrets?: EmulatorSettings["echoSecrets"];
} {
  const entity = entityOf(response);
  const [blob, password] = (["encryptedPfxBlob", "encryptedPfxPassword"] as const).map((name) => {
    const value = entity[name];
    if (value === undefined) return "omitted";
    if (value === null) return "null";
    if (value === sent[name]) return "as sent";
    return value === (name === "encryptedPfxBlob" ? "AA==" : "") ? "redacted" : "something else";
  });
  if (blob !== password) return { words: `file ${blob}, password ${password}` };
  const settings = { "as sent": true, redacted: false, omitted: "omit" } as const;
  const known = blob === "as sent" || blob === "redacted" || blob === "omitted" ? settings[blob] : undefined;
  return { words: `both ${blob}`, ...(known === undefined ? {} : { echoSecrets: known }) };
}

/** Makes a certificate in any case: without the timestamps if Graph refuses them. */
async function askReadOnlyProperties(world: World, changes: Properties): Promise<Created> {
  const timestamps = { createdDateTime: sentTimestamp, lastModifiedDateTime: sentTimestamp };
  const created = await world.throwAways.create({ ...changes, ...timestamps });
  const question = "timestampsInCreate";
  if (!isSuccess(created.response)) {
    const { status } = created.response;
    const isRefused = status >= 400 && status < 500 && status !== 429;
    const settings = isRefused ? { settings: { readOnlyProperties: "refuse" } as const } : {};
    world.answers.push({ question, answer: `refused: ${statusWords(created.response)}`, ...settings });
    return made(world, changes);
  }
  const { createdDateTime } = entityOf(created.response);
  const isStored = typeof createdDateTime === "string" && Date.parse(createdDateTime) === Date.parse(sentTimestamp);
  const readOnlyProperties = isStored ? "store" : "ignore";
  world.answers.push({ question, answer: isStored ? "stored" : "ignored", settings: { readOnlyProperties } });
  return created;
}

/** Seconds after the last create at which lists are asked. */
const asksAtSeconds = [0, 1, 3, 7, 15, 30];

async function askListDelay(world: Stocked): Promise<void> {
  const { session, answers, contract, first, second, third } = world;
  const promise = "a list filtered by user and thumbprint finds a new certificate";
  const question = "newInLists";
  const waiting = new Set([second, first, third]);
  let last = 0;
  for (const seconds of asksAtSeconds) {
    if (seconds > last) await session.sleep((seconds - last) * 1000);
    last = seconds;
    for (const created of waiting) {
      const { response, rows } = await allRows(world, keyQuery(world, created));
      if (!isSuccess(response)) {
        contract.push({ promise, holds: false, detail: `refused: ${statusWords(response)}` });
        answers.push({ question, answer: "unclear: the filter is refused" });
        return;
      }
      if (!rows.some((row) => isRow(row, created))) break;
      waiting.delete(created);
    }
    if (waiting.size > 0) continue;
    contract.push({ promise, holds: true });
    const answer = seconds === 0 ? "at once" : `within ${seconds} s`;
    answers.push({ question, answer, settings: { listDelayMs: seconds * 1000 } });
    return;
  }
  contract.push({ promise, holds: false, detail: `not within ${last} s` });
  answers.push({ question, answer: `not within ${last} s` });
}
