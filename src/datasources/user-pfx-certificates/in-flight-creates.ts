/**
 * One create at a time for one certificate of one user, in this process. The same input of the same caller joins the create
 * under way and shares its outcome; anything else for the same key waits until that is settled. So two of our own
 * requests never have to guess which of them stored a record. Content is compared, not hashed: a key holds no secret.
 */
import { createHmac, randomBytes } from "node:crypto";
import { type ErrorCode, GatewayError } from "../../errors.ts";
import type { CreateUserPfxCertificateInput } from "../../schema/create-user-pfx-certificate-input.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import { withoutLineBreaks } from "../../schema/validation/line-breaks.ts";
import { type GraphCaller, isAbandoned } from "../graph/protocol/request.ts";

/** How many keys are remembered at the least; at the most twice as many. */
const remembered = 5000;

/** For asking Graph once more. */
const enoughMs = 500;

/** What is known of a key from creates before, and learnt during one. */
export interface KeyHistory {
  /** When its record was created, as Graph dated it. */
  createdDateTime: string | null;
  /** Whether another file may have been stored under it, by a create with other content that ended without being settled. */
  readonly doubt: "none" | "settled by now" | "may still be applied";
  /** Whether this create was only given up waiting for, so that Graph may still apply it. */
  isGivenUp: boolean;
}

/** What a create that ended without being settled has left behind. */
interface UnresolvedWrite {
  /** Of what it has sent. */
  readonly digest: string;
  readonly mayStillBeApplied: boolean;
}

/** A create that somebody asks for. */
interface CreateCall {
  key: string;
  input: CreateUserPfxCertificateInput;
  token: string;
  caller: Pick<GraphCaller, "deadline" | "closed">;
  create: (history: KeyHistory) => Promise<UserPfxCertificate>;
}

interface InFlightCreate extends Pick<CreateCall, "input" | "token" | "caller"> {
  outcome: Promise<UserPfxCertificate>;
}

/** All about one key. */
class KeyState {
  /** The create under way. */
  flight: InFlightCreate | undefined;
  createdDateTime: string | null = null;
  doubt: UnresolvedWrite | null = null;

  get isNothing(): boolean {
    return this.createdDateTime === null && this.doubt === null;
  }
}

export class InFlightCreates {
  /** The keys asked for lately, and before that: forgotten by the thousands, which costs nothing. */
  #recent = new Map<string, KeyState>();
  #former = new Map<string, KeyState>();
  /** Of how many of the recent ones something is known beside the create under way. */
  #learnt = 0;
  /** Digests are compared within this process only. */
  readonly #digestKey = randomBytes(32);

  /**
   * @param token the caller's, for telling callers apart.
   * @param create sends and settles; given what is known from before, and telling there what record it finds.
   */
  run(
    input: CreateUserPfxCertificateInput,
    token: string,
    caller: Pick<GraphCaller, "deadline" | "closed">,
    create: (history: KeyHistory) => Promise<UserPfxCertificate>,
  ): Promise<UserPfxCertificate> {
    const key = `${input.userPrincipalName.toLowerCase()}\n${input.thumbprint.toLowerCase()}`;
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

  async #fly({ key, input, token, caller, create }: CreateCall, known: KeyState): Promise<UserPfxCertificate> {
    const history: KeyHistory = {
      createdDateTime: known.createdDateTime,
      doubt: this.#doubtOf(known, input),
      isGivenUp: false,
    };
    const outcome = create(history);
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
        const mayStillBeApplied = history.isGivenUp || known.doubt?.mayStillBeApplied === true;
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
      // Who is refused, however often, makes nobody else's history forgotten.
      this.#recent.delete(key);
      this.#former.delete(key);
    } else if (wasNothing || this.#recent.get(key) !== known) {
      this.#recent.set(key, known); // it may have become a former one while its create was under way
      this.#learnt += 1;
    }
    if (this.#learnt >= remembered) this.#forget();
  }

  /** The former ones, but for creates under way: these are known until their end. */
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

const transient: readonly ErrorCode[] = ["THROTTLED", "OUTCOME_UNKNOWN", "UPSTREAM_UNAVAILABLE", "UPSTREAM_TIMEOUT"];

/** Whether whoever was first had less time than there still is, or is gone: what failed for them need not for others. */
function isCutShort({ caller }: InFlightCreate, own: InFlightCreate["caller"], error: unknown): boolean {
  if (!(error instanceof GatewayError) || !transient.includes(error.code)) return false;
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

function stillUnknown(): GatewayError {
  return new GatewayError("OUTCOME_UNKNOWN", "The same create was still under way when the time was up; repeat it.");
}

function notSent(): GatewayError {
  return new GatewayError(
    "UPSTREAM_TIMEOUT",
    "Another create of that certificate took all the time; nothing was sent.",
  );
}
