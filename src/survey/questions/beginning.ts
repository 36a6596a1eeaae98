/** The first questions: which version has the collection, the size of a page, and whether the survey may read. */

import type { GraphResponse, TransportError } from "../../datasources/graph/protocol/request.ts";
import { isSegmentMissing, isTenantWithoutIntune, saysForbidden } from "../../datasources/graph/protocol/response.ts";
import { networkCauseOf } from "../../network/network-cause.ts";
import type { SurveyAnswer } from "../answers.ts";
import { hasNextLink, isSuccess, rowsOf, SurveyStop, statusWords, type World } from "../world.ts";

/** @param preferred the version that the gateway is told to use. @throws {SurveyStop} if Graph lets the survey read nothing. */
export async function askVersions(world: World, preferred: "v1.0" | "beta"): Promise<void> {
  const { session, answers } = world;
  const pages = {
    "v1.0": await session.send({ method: "GET", apiVersion: "v1.0" }),
    beta: await session.send({ method: "GET", apiVersion: "beta", query: "$top=1" }),
  };
  const v1HasSegment = hasCollection(pages["v1.0"]);
  const betaHasSegment = hasCollection(pages.beta);
  if (!v1HasSegment && !betaHasSegment) {
    throw new SurveyStop(
      "neither v1.0 nor beta has userPfxCertificates",
      "Check GRAPH_CLOUD: this cloud may lack the collection.",
    );
  }
  const words = v1HasSegment && betaHasSegment ? "v1.0 and beta" : v1HasSegment ? "v1.0 only" : "beta only";
  answers.push({ question: "apiVersion", answer: words, settings: { v1HasSegment, betaHasSegment } });
  session.apiVersion = v1HasSegment && (preferred === "v1.0" || !betaHasSegment) ? "v1.0" : "beta";
  const page = v1HasSegment ? pages["v1.0"] : await session.send({ method: "GET", apiVersion: "beta" });
  answers.push(pageSizeOf(page));
}

/** The number of a tenant's certificates is not told: a size shows only where a page is full. */
function pageSizeOf(page: GraphResponse): SurveyAnswer {
  const question = "pageSize";
  if (!hasNextLink(page)) return { question, answer: "not seen: all certificates fit on one page" };
  const pageSize = rowsOf(page).length;
  return { question, answer: `${pageSize} with a next link`, settings: { pageSize } };
}

function hasCollection(response: GraphResponse): boolean {
  if (isSuccess(response)) return true;
  if (isSegmentMissing(response)) return false;
  throw refusal(response, "Graph refuses to list certificates");
}

const networkAdvice = "Check this machine's DNS and firewall, HTTPS_PROXY and NO_PROXY, and GRAPH_CLOUD.";

/** @param error of `Session.send`. */
export function noAnswer(error: TransportError): SurveyStop {
  return new SurveyStop(`Graph does not answer (${silenceOf(error)})`, networkAdvice);
}

/** Why there was no answer: a code. */
export function silenceOf({ reason, cause }: TransportError): string {
  return reason === "network" ? networkCauseOf(cause) : reason;
}

/** What a refusal means for the whole survey. @param problem in words, without the status. */
export function refusal(response: GraphResponse, problem: string): SurveyStop {
  const { status } = response;
  return new SurveyStop(`${problem} (${statusWords(response)})`, adviceOn(response, status));
}

function adviceOn(response: GraphResponse, status: number): string {
  if (isTenantWithoutIntune(response)) return "The tenant has no Intune license, or the token is another tenant's.";
  if (status === 403 || saysForbidden(response)) {
    return "Grant DeviceManagementConfiguration.ReadWrite.All with admin consent. With a user's token, give that user an Intune role too.";
  }
  if (status === 401) return "Get a new token: for Microsoft Graph, of this cloud, not expired.";
  if (status === 429) return "Graph asks for a longer wait than a minute. Run the survey again later.";
  if (status >= 500) return "Run the survey again later.";
  return "Check --user: that user must exist in this tenant and have an Intune license.";
}
