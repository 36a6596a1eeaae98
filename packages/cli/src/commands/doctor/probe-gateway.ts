/** One request to the gateway that needs no sign-in: whether it is there, how fast, and what its clock says. */
import { performance } from "node:perf_hooks";
import { isNoEndpoint } from "../../gateway/gateway-client.ts";
import type { Fetch } from "../../gateway/network.ts";
import { explainNetworkFailure } from "../../gateway/network-failure.ts";
import type { Io } from "../../io.ts";

const limitMs = 15_000;

export type Probe =
  | {
      readonly isReached: true;
      readonly milliseconds: number;
      /** Whether what answers speaks GraphQL over HTTP. */
      readonly isGraphql: boolean;
      readonly status: number;
      /** How far this machine's clock is ahead of the gateway's; `undefined` without a Date header. Exact to a second. */
      readonly aheadMs: number | undefined;
    }
  | { readonly isReached: false; readonly message: string; readonly isTls: boolean };

/** @throws the signal's reason */
export async function probeGateway(url: URL, fetch: Fetch, io: Io, signal: AbortSignal): Promise<Probe> {
  const [startedAt, startedAtMs] = [performance.now(), io.now().getTime()];
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: { "content-type": "application/json", accept: "application/json", "apollo-require-preflight": "true" },
      body: JSON.stringify({ query: "{__typename}" }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
    });
    const milliseconds = Math.round(performance.now() - startedAt);
    const middleMs = (startedAtMs + io.now().getTime()) / 2;
    const date = Date.parse(response.headers.get("date") ?? "");
    const text = await response.text();
    return {
      isReached: true,
      milliseconds,
      isGraphql: !isNoEndpoint(response.status) && isGraphql(text),
      status: response.status,
      // The header has whole seconds: on average it is half a second late.
      aheadMs: Number.isNaN(date) ? undefined : middleMs - (date + 500),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { isReached: false, message: explainNetworkFailure(error, url), isTls: isTlsFailure(error) };
  }
}

/** Also where it refuses: a gateway may want a sign-in, or know its own operations only. */
function isGraphql(text: string): boolean {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === "object" && answer !== null && ("data" in answer || "errors" in answer);
  } catch {
    return false;
  }
}

function isTlsFailure(error: unknown): boolean {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    if ("code" in each && typeof each.code === "string" && /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(each.code)) {
      return true;
    }
  }
  return false;
}
