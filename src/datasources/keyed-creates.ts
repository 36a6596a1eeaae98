/**
 * One create at a time for one certificate of one user, in this process. The same input of the same caller joins the create
 * under way and shares its outcome; anything else for the same key waits until that is settled. So two of our own
 * requests never have to guess which of them stored a record. Content is compared, not hashed: a key holds no secret.
 */
import { createHmac, randomBytes } from "node:crypto";
import { type ErrorCode, GatewayError } from "../errors.ts";
import type { CreateUserPfxCertificateInput } from "../schema/create-user-pfx-certificate-input.ts";
import type { UserPfxCertificate } from "../schema/user-pfx-certificate.ts";
import { type GraphCaller, TransportError } from "./graph-request.ts";

/** How many keys are remembered at the least; at the most twice as many. */
const remembered = 5000;

/** For asking Graph once more. */
const enoughMs = 500;

/** What is known of a key from creates before, and learnt during one. */
export interface Past {
  /** When its record was created, as Graph dated it. */
  createdDateTime: string | null;
  /** Whether another file may have been stored under it: a create with other content ended without being settled. */
  isDoubtful: boolean;
}

interface Known {
  createdDateTime: string | null;
  doubt: string | null;
}

/** A create that somebody asks for. */
interface Wanted {
  key: string;
  input: CreateUserPfxCertificateInput;
  token: string;
  caller: Pick<GraphCaller, "deadline" | "disconnected">;
  create: (past: Past) => Promise<UserPfxCertificate>;
}

interface Flight extends Pick<Wanted, "input" | "token" | "caller"> {
  outcome: Promise<UserPfxCertificate>;
}

/**
 * Emptied when its create ends. A map that loses what it gains gets a new table time and again, and V8 keeps the old ones,
 * with what was in them, until a major collection: that would be one whole request after the other. A class, because object
 * literals that are found to survive like this are allocated among what lives long, with all that they hold.
 */
class UnderWay {
  flight: Flight | undefined;

  constructor(flight: Flight) {
    this.flight = flight;
  }
}

export class KeyedCreates {
  readonly #flights = new Map<string, UnderWay>();
  /** What is known of keys from before, and from before that: forgotten by the thousands, which costs nothing. */
  #past = new Map<string, Known>();
  #longPast = new Map<string, Known>();
  /** Digests are compared within this process only. */
  readonly #digestKey = randomBytes(32);

  /**
   * @param token the caller's, for telling callers apart.
   * @param create sends and settles; given what is known from before, and telling there what record it finds.
   */
  run(
    input: CreateUserPfxCertificateInput,
    token: string,
    caller: Pick<GraphCaller, "deadline" | "disconnected">,
    create: (past: Past) => Promise<UserPfxCertificate>,
  ): Promise<UserPfxCertificate> {
    const key = `${input.userPrincipalName.toLowerCase()}\n${input.thumbprint.toLowerCase()}`;
    const wanted = { key, input, token, caller, create };
    return this.#flights.has(key) ? this.#wait(wanted) : this.#fly(wanted);
  }

  async #wait(wanted: Wanted): Promise<UserPfxCertificate> {
    const { key, input, token, caller } = wanted;
    for (;;) {
      const flight = this.#flights.get(key)?.flight;
      if (flight === undefined) return this.#fly(wanted);
      const isSame = flight.token === token && sameInput(flight.input, input);
      const outcome = await caller.deadline.limit(settled(flight.outcome));
      if (outcome === "late") throw isSame ? stillUnknown() : notSent();
      if (!isSame) continue;
      if ("certificate" in outcome) return outcome.certificate;
      if (!isAbandoned(outcome.error) && !isCutShort(flight, caller, outcome.error)) throw outcome.error;
    }
  }

  async #fly({ key, input, token, caller, create }: Wanted): Promise<UserPfxCertificate> {
    const known = this.#past.get(key) ?? this.#longPast.get(key) ?? { createdDateTime: null, doubt: null };
    const past: Past = {
      createdDateTime: known.createdDateTime,
      isDoubtful: known.doubt !== null && known.doubt !== this.#digestOf(input),
    };
    const outcome = create(past);
    const underWay = new UnderWay({ input, token, caller, outcome });
    this.#flights.set(key, underWay);
    let doubt: string | null = null;
    try {
      past.createdDateTime = (await outcome).createdDateTime;
    } catch (error) {
      doubt = known.doubt;
      if (error instanceof GatewayError && error.code === "OUTCOME_UNKNOWN") {
        const digest = this.#digestOf(input);
        doubt = known.doubt === null || known.doubt === digest ? digest : "of several files";
      }
      throw error;
    } finally {
      this.#flights.delete(key);
      underWay.flight = undefined;
      this.#remember(key, { createdDateTime: past.createdDateTime, doubt });
    }
    return outcome;
  }

  #remember(key: string, known: Known): void {
    this.#longPast.delete(key);
    if (known.createdDateTime === null && known.doubt === null) {
      this.#past.delete(key);
      return;
    }
    this.#past.set(key, known);
    if (this.#past.size < remembered) return;
    this.#longPast = this.#past;
    this.#past = new Map();
  }

  #digestOf({ encryptedPfxBlob, encryptedPfxPassword }: CreateUserPfxCertificateInput): string {
    return createHmac("sha256", this.#digestKey)
      .update(JSON.stringify([encryptedPfxBlob, encryptedPfxPassword]))
      .digest("base64");
  }
}

function settled(
  outcome: Promise<UserPfxCertificate>,
): Promise<{ certificate: UserPfxCertificate } | { error: unknown }> {
  return outcome.then(
    (certificate) => ({ certificate }),
    (error: unknown) => ({ error }),
  );
}

/** Whoever was first is gone before anything was sent; the next one takes over. */
function isAbandoned(error: unknown): boolean {
  const cause = error instanceof GatewayError ? error.cause : undefined;
  return cause instanceof TransportError && cause.reason === "disconnected" && !cause.sent;
}

const transient: readonly ErrorCode[] = ["THROTTLED", "OUTCOME_UNKNOWN", "UPSTREAM_UNAVAILABLE", "UPSTREAM_TIMEOUT"];

/** Whether whoever was first had less time than there still is, or is gone: what failed for them need not for others. */
function isCutShort({ caller }: Flight, own: Flight["caller"], error: unknown): boolean {
  if (!(error instanceof GatewayError) || !transient.includes(error.code)) return false;
  return caller.disconnected.hasHappened || caller.deadline.remainingMs + enoughMs < own.deadline.remainingMs;
}

function sameInput(one: CreateUserPfxCertificateInput, other: CreateUserPfxCertificateInput): boolean {
  return (
    one.encryptedPfxBlob === other.encryptedPfxBlob &&
    one.encryptedPfxPassword === other.encryptedPfxPassword &&
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
