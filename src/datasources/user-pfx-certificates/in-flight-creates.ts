/**
 * Runs one create at a time for each natural key (user and thumbprint) in this process. The same input of the same caller joins
 * the create in flight and shares its outcome. Any other create for the key waits until the one in flight has ended, so two
 * creates of this process never have to guess which of them stored a record. Inputs are compared, not hashed. With Redis,
 * `shared-creates.ts` does the same between replicas.
 */
import { createHmac, randomBytes } from "node:crypto";
import { GatewayError } from "../../errors.ts";
import type { CreateUserPfxCertificateInput } from "../../schema/create-user-pfx-certificate-input.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import { withoutLineBreaks } from "../../schema/validation/line-breaks.ts";
import { type GraphCaller, isAbandoned } from "../graph/protocol/request.ts";

/** Minimum number of remembered keys; the maximum is twice that. */
const remembered = 5000;

/** Time that one more request to Graph needs. */
export const enoughMs = 500;

/** What earlier creates have found out about a key. A create updates it. */
export interface KeyHistory {
  /** Creation date of the key's record, from Graph. */
  createdDateTime: string | null;
  /** Whether an earlier create with another file ended unresolved, and so may have stored its file under the key. */
  doubt: "none" | "settled by now" | "may still be applied";
  /** True if the gateway stopped waiting for this create, so that Graph may still apply it. */
  mayStillBeApplied: boolean;
  /** True if the certificate comes from a look-up, not from Graph's response to this create. */
  isLookedUp?: boolean;
}

/** A create that ended with OUTCOME_UNKNOWN. */
interface UnresolvedWrite {
  /** Keyed digest of the file and the password that were sent. */
  readonly digest: string;
  readonly mayStillBeApplied: boolean;
}

/** The caller of a create, as far as creates in flight need to know it. */
type CreateCaller = Pick<GraphCaller, "deadline" | "closed" | "tenantId" | "callerToken">;

/** One call of `run`. */
export interface CreateCall {
  key: string;
  input: CreateUserPfxCertificateInput;
  token: string;
  caller: CreateCaller;
  create: (history: KeyHistory) => Promise<UserPfxCertificate>;
}

/** Runs one create at a time for each natural key among several replicas. */
export interface CreatesOfReplicas {
  /**
   * Runs the create when no other replica has one for its key, or shares the outcome of the same create in another replica.
   *
   * @param history of this process; updated with what the replicas know.
   */
  run(call: CreateCall, history: KeyHistory, create: () => Promise<UserPfxCertificate>): Promise<UserPfxCertificate>;
}

interface InFlightCreate extends Pick<CreateCall, "input" | "token" | "caller"> {
  outcome: Promise<UserPfxCertificate>;
}

/** The create in flight for a key, and the key's history. */
class KeyState {
  flight: InFlightCreate | undefined;
  createdDateTime: string | null = null;
  doubt: UnresolvedWrite | null = null;

  get isNothing(): boolean {
    return this.createdDateTime === null && this.doubt === null;
  }
}

export class InFlightCreates {
  /** Two generations of keys: the older one is dropped as a whole, which costs nothing. */
  #recent = new Map<string, KeyState>();
  #former = new Map<string, KeyState>();
  /** Number of recent keys with a history. */
  #learnt = 0;
  /** Random, because digests are compared within this process only. */
  readonly #digestKey = randomBytes(32);
  readonly #replicas: CreatesOfReplicas | undefined;

  /** @param replicas absent if this process works alone. */
  constructor(replicas?: CreatesOfReplicas) {
    this.#replicas = replicas;
  }

  /**
   * @param token the caller's token, which tells callers apart.
   * @param create sends the create; reads the key's history and updates it.
   */
  run(
    input: CreateUserPfxCertificateInput,
    token: string,
    caller: CreateCaller,
    create: (history: KeyHistory) => Promise<UserPfxCertificate>,
  ): Promise<UserPfxCertificate> {
    const key = `${caller.tenantId ?? ""}\n${input.userPrincipalName.toLowerCase()}\n${input.thumbprint.toLowerCase()}`;
    const wanted = { key, input, token, caller, create };
    const known = this.#knownOf(key);
    return known.flight === undefined ? this.#fly(wanted, known) : this.#wait(wanted);
  }

  async #wait(wanted: CreateCall): Promise<UserPfxCertificate> {
    const { key, input, token, caller } = wanted;
    for (;;) {
      const known = this.#knownOf(key);
      const { flight } = known;
      if (flight === undefined) return this.#fly(wanted, known);
      const isSame = flight.token === token && sameInput(flight.input, input);
      const outcome = await caller.deadline.limit(outcomeOf(flight.outcome));
      if (outcome === "late") throw isSame ? stillUnknown() : notSent();
      if (!isSame) continue;
      if ("certificate" in outcome) return outcome.certificate;
      if (!isAbandoned(outcome.error) && !isCutShort(flight, caller, outcome.error)) throw outcome.error;
    }
  }

  async #fly(wanted: CreateCall, known: KeyState): Promise<UserPfxCertificate> {
    const { key, input, token, caller, create } = wanted;
    const history: KeyHistory = {
      createdDateTime: known.createdDateTime,
      doubt: this.#doubtOf(known, input),
      mayStillBeApplied: false,
    };
    const outcome = this.#replicas?.run(wanted, history, () => create(history)) ?? create(history);
    known.flight = { input, token, caller, outcome };
    let doubt: UnresolvedWrite | null = null;
    try {
      const certificate = await outcome;
      history.createdDateTime = certificate.createdDateTime;
      return certificate;
    } catch (error) {
      doubt = known.doubt;
      if (error instanceof GatewayError && error.code === "OUTCOME_UNKNOWN") {
        const digest = this.#digestOf(input);
        const isOne = known.doubt === null || known.doubt.digest === digest;
        const mayStillBeApplied = history.mayStillBeApplied || known.doubt?.mayStillBeApplied === true;
        doubt = { digest: isOne ? digest : "of several files", mayStillBeApplied };
      }
      throw error;
    } finally {
      known.flight = undefined;
      this.#learn(key, known, history.createdDateTime, doubt);
    }
  }

  #doubtOf({ doubt }: KeyState, input: CreateUserPfxCertificateInput): KeyHistory["doubt"] {
    if (doubt === null || doubt.digest === this.#digestOf(input)) return "none";
    return doubt.mayStillBeApplied ? "may still be applied" : "settled by now";
  }

  #knownOf(key: string): KeyState {
    const recent = this.#recent.get(key);
    if (recent !== undefined) return recent;
    const known = this.#former.get(key) ?? new KeyState();
    this.#recent.set(key, known);
    if (!known.isNothing) this.#learnt += 1;
    return known;
  }

  #learn(key: string, known: KeyState, createdDateTime: string | null, doubt: UnresolvedWrite | null): void {
    const wasNothing = known.isNothing;
    known.createdDateTime = createdDateTime;
    known.doubt = doubt;
    if (known.isNothing) {
      // Failed creates must not evict other keys' history.
      this.#recent.delete(key);
      this.#former.delete(key);
    } else if (wasNothing || this.#recent.get(key) !== known) {
      this.#recent.set(key, known); // the key may have moved to the older generation during its create
      this.#learnt += 1;
    }
    if (this.#learnt >= remembered) this.#forget();
  }

  /** Drops the older generation, except keys with a create in flight. */
  #forget(): void {
    const underWay = [...this.#former].filter(([, { flight }]) => flight !== undefined);
    this.#former = this.#recent;
    this.#recent = new Map(underWay);
    this.#learnt = 0;
  }

  #digestOf({ encryptedPfxBlob, encryptedPfxPassword }: CreateUserPfxCertificateInput): string {
    return createHmac("sha256", this.#digestKey)
      .update(JSON.stringify([encryptedPfxBlob, withoutLineBreaks(encryptedPfxPassword)]))
      .digest("base64");
  }
}

function outcomeOf(
  outcome: Promise<UserPfxCertificate>,
): Promise<{ certificate: UserPfxCertificate } | { error: unknown }> {
  return outcome.then(
    (certificate) => ({ certificate }),
    (error: unknown) => ({ error }),
  );
}

const transient = ["THROTTLED", "OUTCOME_UNKNOWN", "UPSTREAM_UNAVAILABLE", "UPSTREAM_TIMEOUT"] as const;

/** Whether the same create may succeed a little later. */
export function isTransient(code: unknown): code is (typeof transient)[number] {
  return transient.some((each) => each === code);
}

/** True if the first caller had less time or disconnected; retry for this one. */
function isCutShort({ caller }: InFlightCreate, own: InFlightCreate["caller"], error: unknown): boolean {
  if (!(error instanceof GatewayError) || !isTransient(error.code)) return false;
  return caller.closed.isClosed || caller.deadline.remainingMs + enoughMs < own.deadline.remainingMs;
}

function sameInput(one: CreateUserPfxCertificateInput, other: CreateUserPfxCertificateInput): boolean {
  return (
    one.encryptedPfxBlob === other.encryptedPfxBlob &&
    withoutLineBreaks(one.encryptedPfxPassword) === withoutLineBreaks(other.encryptedPfxPassword) &&
    one.intendedPurpose === other.intendedPurpose &&
    one.startDateTime === other.startDateTime &&
    one.expirationDateTime === other.expirationDateTime &&
    one.providerName === other.providerName &&
    one.keyName === other.keyName &&
    one.paddingScheme === other.paddingScheme
  );
}

export function stillUnknown(): GatewayError {
  return new GatewayError(
    "OUTCOME_UNKNOWN",
    "The same create was still in flight when the deadline passed; repeating it is safe.",
  );
}

export function notSent(): GatewayError {
  return new GatewayError(
    "UPSTREAM_TIMEOUT",
    "Another create for that certificate was in flight until the deadline passed; nothing was sent.",
  );
}
