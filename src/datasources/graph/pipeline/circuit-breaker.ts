/**
 * Stops sending requests to a Graph that is down. After twenty failures in a row, requests are rejected unsent for five
 * seconds. Then one request goes out as a probe while the others are still rejected. Responses below 500 are no failures. A
 * wait that a caller cut short is no failure either: otherwise one caller in a hurry could block Graph for everybody.
 *
 * Each tenant, or in `passthrough` each caller, has a circuit of its own: Graph may fail for one of them only. In `passthrough`
 * a common circuit opens besides if most of the active callers fail. It rejects no caller for whom Graph works. The code is our
 * own because the breakers at hand know one circuit each, not a share of callers.
 */
import { createHmac, randomBytes } from "node:crypto";
import { type GraphRequest, type GraphResponse, type Send, TransportError } from "../protocol/request.ts";

const failuresInARow = 20;
const halfOpenAfterMs = 5000;
/** A timeout counts as a failure only if Graph had at least this much time to respond. */
const patienceMs = 4000;
/** The common circuit counts at most this many failures in a row of one caller. */
const maxCountedOfOne = failuresInARow / 2;
/** Time after a caller's last request, and after the last failure of all, in which it is remembered. */
const rememberedMs = 60_000;
const maxRemembered = 1000;

/**
 * What has a circuit of its own. `tenants`: the caller's tenant, of which there is one unless several are allowed. `callers`: each
 * token.
 */
export type CircuitsOf = "tenants" | "callers";

type Attempt = { response: GraphResponse } | { error: unknown; waitedMs: number };

/** One circuit: closed, or open with a probe from time to time. By the real time, as Graph's recovery is. */
class Circuit {
  isOpen = false;
  #probeAtMs = 0;
  #isProbing = false;

  /** Rejects all requests from now on, until the next probe. */
  open(): void {
    this.isOpen = true;
    this.#isProbing = false;
    this.#probeAtMs = performance.now() + halfOpenAfterMs;
  }

  close(): void {
    this.isOpen = false;
    this.#isProbing = false;
  }

  /** Starts a probe; `open` or `close` ends it. @throws {TransportError} if none is due. */
  startProbe(): void {
    if (this.#isProbing || performance.now() < this.#probeAtMs) throw new TransportError("circuitOpen", false);
    this.#isProbing = true;
  }
}

/** A tenant, or a caller in `passthrough`. */
class Party {
  readonly circuit = new Circuit();
  /** Failures since the last success. */
  failures = 0;
  lastMs = 0;

  get countedFailures(): number {
    return Math.min(this.failures, maxCountedOfOne);
  }
}

export class CircuitBreaker {
  readonly #send: Send;
  readonly #circuitsOf: CircuitsOf;
  /** Random, and in this process only: a digest is of no use elsewhere. */
  readonly #digestKey = randomBytes(32);
  /** Empty without recent failures, so that requests then cost nothing here. The party that was active last comes last. */
  readonly #parties = new Map<string, Party>();
  /** Of the parties: number of those whose last request failed, and the sum of their counted failures. */
  #failing = 0;
  #countedFailures = 0;
  #lastFailureMs = 0;
  readonly #common = new Circuit();

  constructor(send: Send, circuitsOf: CircuitsOf) {
    this.#send = send;
    this.#circuitsOf = circuitsOf;
  }

  /** Whether Graph counts as down: for a tenant, or for most of the active callers. */
  get isOpen(): boolean {
    this.#forget();
    if (this.#common.isOpen) return true;
    const hasOpen = [...this.#parties.values()].some(({ circuit }) => circuit.isOpen);
    return hasOpen && (this.#circuitsOf === "tenants" || this.#failing * 2 > this.#parties.size);
  }

  readonly send: Send = async (request) => {
    if (this.#parties.size > 0) {
      this.#forget();
      const party = this.#parties.get(await this.#keyOf(request));
      if (party?.circuit.isOpen) return this.#sendThrough(party.circuit, request);
      if (this.#common.isOpen && party?.failures !== 0) return this.#sendThrough(this.#common, request);
    }
    const attempt = await attemptOf(this.#send, request);
    if ((this.#parties.size > 0 || isFailure(attempt)) && !isFollowedByLookUp(request, attempt)) {
      const party = await this.#partyOf(request);
      if (!party.circuit.isOpen) this.#note(party, isFailure(attempt)); // late news do not end an outage
    }
    return answerOf(attempt);
  };

  /** Sends a probe if one is due. Look-ups are always sent. */
  async #sendThrough(circuit: Circuit, request: GraphRequest): Promise<GraphResponse> {
    if (request.isLookUp) return this.#send(request);
    circuit.startProbe();
    const attempt = await attemptOf(this.#send, request);
    // Without a response, whatever the reason, Graph is not known to be back.
    const isBack = "response" in attempt && !isFailure(attempt);
    const party = await this.#partyOf(request);
    if (isBack) {
      this.#closeCommon();
      circuit.close();
    } else {
      circuit.open();
      party.circuit.open(); // after a common probe too, so that a caller takes only one of those
    }
    this.#note(party, !isBack);
    return answerOf(attempt);
  }

  #note(party: Party, hasFailed: boolean): void {
    this.#setFailures(party, hasFailed ? party.failures + 1 : 0);
    if (!hasFailed) return;
    this.#lastFailureMs = performance.now();
    if (party.failures >= failuresInARow && !party.circuit.isOpen) party.circuit.open();
    const isCommon =
      this.#circuitsOf === "callers" &&
      this.#failing > 1 &&
      this.#failing * 2 > this.#parties.size &&
      this.#countedFailures >= failuresInARow;
    if (!isCommon || this.#common.isOpen) return;
    this.#common.open();
    // Callers that have failed probe for themselves, so that the common probes are left to newcomers.
    for (const { failures, circuit } of this.#parties.values()) if (failures > 0) circuit.open();
  }

  /** Graph has answered a probe, so the failures that opened the common circuit are out of date. */
  #closeCommon(): void {
    if (!this.#common.isOpen) return;
    this.#common.close();
    for (const [key, { failures }] of this.#parties) if (failures > 0 && failures < failuresInARow) this.#drop(key);
  }

  #setFailures(party: Party, failures: number): void {
    this.#failing += Number(failures > 0) - Number(party.failures > 0);
    this.#countedFailures -= party.countedFailures;
    party.failures = failures;
    this.#countedFailures += party.countedFailures;
  }

  async #partyOf(request: GraphRequest): Promise<Party> {
    const key = await this.#keyOf(request);
    const party = this.#parties.get(key) ?? new Party();
    party.lastMs = performance.now();
    this.#parties.delete(key);
    this.#parties.set(key, party); // now the last one
    for (const oldest of this.#parties.keys()) {
      if (this.#parties.size <= maxRemembered) break;
      this.#drop(oldest);
    }
    return party;
  }

  /** Drops the parties that were not active lately; all of them some time after the last failure. */
  #forget(): void {
    const since = performance.now() - rememberedMs;
    for (const [key, { lastMs }] of this.#parties) {
      if (lastMs > since && this.#lastFailureMs > since) break;
      this.#drop(key);
    }
    if (this.#failing === 0) this.#common.close();
  }

  #drop(key: string): void {
    const party = this.#parties.get(key);
    if (party !== undefined) this.#setFailures(party, 0);
    this.#parties.delete(key);
  }

  /** A token is told apart by a keyed digest of it. */
  async #keyOf({ caller }: GraphRequest): Promise<string> {
    if (this.#circuitsOf === "tenants") return caller.tenantId ?? "";
    return createHmac("sha256", this.#digestKey)
      .update(await caller.token())
      .digest("base64url");
  }
}

async function attemptOf(send: Send, request: GraphRequest): Promise<Attempt> {
  const startedAtMs = performance.now();
  try {
    return { response: await send(request) };
  } catch (error) {
    return { error, waitedMs: performance.now() - startedAtMs };
  }
}

function answerOf(attempt: Attempt): GraphResponse {
  if ("response" in attempt) return attempt.response;
  throw attempt.error;
}

/** A create or a deletion that fails with 5xx is followed by a look-up. The look-up shows whether Graph is down. */
function isFollowedByLookUp({ operation }: GraphRequest, attempt: Attempt): boolean {
  return (operation === "create" || operation === "delete") && "response" in attempt && attempt.response.status >= 500;
}

function isFailure(attempt: Attempt): boolean {
  if ("response" in attempt) return attempt.response.status >= 500;
  const { error, waitedMs } = attempt;
  if (!(error instanceof TransportError)) return false;
  return error.reason === "network" || (error.reason === "timeout" && error.sent && waitedMs >= patienceMs);
}
