/** Questions about single certificates: reads, updates, a second create of the same key, padding schemes. */
import type { EmulatorSettings, SurveyAnswer } from "../answers.ts";
import { shapeOf } from "../body-shape.ts";
import { type Created, changedProviderName, idOf } from "../throw-away.ts";
import { entityOf, isSuccess, type Stocked, statusWords } from "../world.ts";
import { secretsIn } from "./creates.ts";
import { errorCodesOf } from "./errors.ts";

export async function askRead({ session, contract, first }: Stocked): Promise<void> {
  const { id } = first.throwAway;
  if (id === undefined) return;
  const response = await session.send({ method: "GET", id });
  contract.push({ promise: "a certificate is found by its id", holds: isSuccess(response), ...elseStatus(response) });
  const { words } = secretsIn({ sent: first.sent, response });
  const holds = isSuccess(response) && !words.includes("as sent") && !words.includes("something else");
  contract.push({
    promise: "a read shows neither the file nor the password",
    holds,
    ...(holds ? {} : { detail: words }),
  });
}

export async function askUpdate({ session, contract, answers, second }: Stocked): Promise<void> {
  const { id } = second.throwAway;
  if (id === undefined) return;
  const body = { "@odata.type": second.sent["@odata.type"], providerName: changedProviderName };
  const response = await session.send({ method: "PATCH", id, body });
  const { status } = response;
  const patchAnswer = status === 200 || status === 204 ? status : undefined;
  answers.push({
    question: "update",
    answer: isSuccess(response) ? `status ${status}` : `refused: ${statusWords(response)}`,
    detail: shapeOf(response.body),
    ...(patchAnswer === undefined ? {} : { settings: { patchAnswer } }),
  });
  if (status === 200) {
    answers.push({ question: "secretsInUpdate", answer: secretsIn({ sent: second.sent, response }).words });
  }
  const after = await session.send({ method: "GET", id });
  contract.push({
    promise: "an update takes effect at once",
    holds: entityOf(after).providerName === changedProviderName,
  });
}

/** Sends the first certificate's key again, with another date. */
export async function askDuplicate(world: Stocked): Promise<void> {
  const { answers, throwAways, first } = world;
  const again = await throwAways.create({
    thumbprint: first.throwAway.thumbprint,
    expirationDateTime: "2096-01-01T00:00:00Z",
  });
  const { response } = again;
  const onDuplicate = await verdictOn(world, again);
  const words = {
    conflict: "refused",
    badRequest: "refused",
    overwrite: "accepted, changes the certificate",
    keep: "accepted, changes nothing",
    add: "accepted, makes a second certificate with another id",
    unknown: isSuccess(response) ? "accepted, the result is unclear" : "refused",
  }[onDuplicate ?? "unknown"];
  answers.push({
    question: "secondCreate",
    answer: `${words}: ${statusWords(response)}`,
    detail: shapeOf(response.body),
    settings: { ...(onDuplicate && { onDuplicate }), ...errorCodesOf(response) },
  });
}

async function verdictOn(
  { session, first }: Stocked,
  { sent, response }: Created,
): Promise<EmulatorSettings["onDuplicate"] | undefined> {
  if (response.status === 409) return "conflict";
  if (response.status === 400) return "badRequest";
  const { id } = first.throwAway;
  if (!isSuccess(response) || id === undefined) return undefined;
  if (idOf(response)?.toLowerCase() !== id.toLowerCase()) return "add";
  const { expirationDateTime } = entityOf(await session.send({ method: "GET", id }));
  const now = Date.parse(String(expirationDateTime));
  if (now === Date.parse(sent.expirationDateTime ?? "")) return "overwrite";
  return now === Date.parse(first.sent.expirationDateTime ?? "") ? "keep" : undefined;
}

/** Both are documented as no longer supported. */
export async function askPaddingSchemes({ throwAways, answers }: Stocked): Promise<void> {
  for (const paddingScheme of ["pkcs1", "oaepSha1"] as const) {
    const { response } = await throwAways.create({ paddingScheme });
    const answer: SurveyAnswer = isSuccess(response)
      ? { question: `paddingScheme ${paddingScheme}`, answer: "accepted" }
      : {
          question: `paddingScheme ${paddingScheme}`,
          answer: `refused: ${statusWords(response)}`,
          ...(response.status < 429 && { settings: { refusedPaddingSchemes: [paddingScheme] } }),
        };
    answers.push(answer);
  }
}

function elseStatus(response: Parameters<typeof statusWords>[0]): { detail?: string } {
  return isSuccess(response) ? {} : { detail: statusWords(response) };
}
