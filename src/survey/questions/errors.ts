/** Questions about refusals: a create that is wrong, and an id that does not exist. */
import { randomBytes } from "node:crypto";
import type { GraphResponse } from "../../datasources/graph/protocol/request.ts";
import type { EmulatorSettings } from "../answers.ts";
import { errorFormOf, shapeOf } from "../body-shape.ts";
import { isSuccess, type Stocked, statusWords } from "../world.ts";

/** The code of an error, if it is one that can be told, as the emulator's setting. */
export function errorCodesOf({ status, body }: GraphResponse): Pick<Partial<EmulatorSettings>, "errorCodes"> {
  const { wrapping, code } = errorFormOf(body);
  return wrapping === undefined || status < 400 || code.includes(" ") ? {} : { errorCodes: { [status]: code } };
}

/** A thumbprint one digit short. It is random, so that the certificate is found if Graph accepts it. */
export async function askWrongThumbprint({ throwAways, answers }: Stocked): Promise<void> {
  const { response } = await throwAways.create({ thumbprint: randomBytes(20).toString("hex").slice(1) });
  const isAccepted = isSuccess(response);
  answers.push({
    question: "wrongThumbprint",
    answer: isAccepted ? "accepted" : `refused: ${statusWords(response)}`,
    ...(isAccepted || response.status === 400 ? { settings: { checksThumbprint: !isAccepted } } : {}),
  });
  // An enumeration has no such member: this is refused in any case.
  const refused = isAccepted ? (await throwAways.create({ paddingScheme: "surveyed" })).response : response;
  const { wrapping } = errorFormOf(refused.body);
  answers.push({
    question: "refusedCreate",
    answer: `${statusWords(refused)}, ${wrappingWords[wrapping ?? "none"]}`,
    detail: shapeOf(refused.body),
    settings: { ...(wrapping && { errorShape: wrapping }), ...errorCodesOf(refused) },
  });
}

const wrappingWords = {
  plain: "a plain message",
  nested: "JSON inside the message",
  threeLevel: "JSON inside JSON inside the message",
  none: "no error of Graph's",
};

/** An id of the test user with a random thumbprint. */
export async function askMissing({ session, answers, first }: Stocked): Promise<void> {
  const { id } = first.throwAway;
  if (id === undefined) return;
  const missing = `${id.slice(0, id.indexOf("-"))}-${randomBytes(20).toString("hex")}`;
  const read = await session.send({ method: "GET", id: missing });
  const onMissing = read.status === 404 ? "notFound" : read.status === 400 ? "badRequest" : undefined;
  answers.push({
    question: "readOfMissing",
    answer: statusWords(read),
    detail: shapeOf(read.body),
    settings: { ...(onMissing && { onMissing }), ...errorCodesOf(read) },
  });
  const removal = await session.send({ method: "DELETE", id: missing });
  const isLikeRead = removal.status === read.status;
  answers.push({
    question: "deletionOfMissing",
    answer: statusWords(removal),
    detail: shapeOf(removal.body),
    ...(isSuccess(removal) && { settings: { onDeleteMissing: "success" } }),
    ...(isLikeRead && { settings: { onDeleteMissing: "failure" } }),
  });
}
