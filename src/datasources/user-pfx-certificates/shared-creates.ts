/**
 * Shares the creates in flight between replicas, through Redis: one create at a time for each natural key, as in one process. The
 * same input of the same caller shares the outcome; any other create for the key waits. Redis holds keyed digests, states, ids and
 * times, never a file, a password, a token or a user's name. While Redis does not answer, each process works alone.
 *
 * A lock dies with its replica: it outlives the deadline of every request by little. A create whose lock died unreleased counts
 * as unresolved, and so does a create that ended with OUTCOME_UNKNOWN: later creates of other files do not take its record for
 * theirs. After Redis was away, each replica claims its creates in flight anew, because a failover may have lost their locks.
 */
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { type ErrorCode, GatewayError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { Clock } from "../../request/clock.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import { withoutLineBreaks } from "../../schema/validation/line-breaks.ts";
import type { SharedStore } from "../../shared-store.ts";
import { isAbandoned } from "../graph/protocol/request.ts";
import { userIdOf } from "./certificate-json.ts";
import {
  type CreateCall,
  type CreatesOfReplicas,
  enoughMs,
  isTransient,
  type KeyHistory,
  notSent,
  stillUnknown,
} from "./in-flight-creates.ts";

/** Added to the deadline for the life of a lock. */
const lockMarginMs = 5000;
/** How long Redis keeps an outcome for those who wait for it, a record's date, and an unresolved create. */
const outcomeMs = 60_000;
const dateMs = 5 * 60_000;
const doubtMs = 60 * 60_000;
/** Wait before Redis is asked again for a lock that is taken; grows to the second. */
const firstPollMs = 50;
const maxPollMs = 500;
/** Maximum number of ended creates that Redis is told about when it is back, and number that it is told at once. */
const maxEnds = 10_000;
const toldAtOnce = 100;

/**
 * Takes the lock of a natural key.
 * KEYS: the key of the digests; the natural key's state; the outcome of the create that this one waits for.
 * ARGV: the key of the digests; this replica; this create; digests of caller, input and file; milliseconds of a lock and of a
 * state; whether an outcome is waited for.
 * Returns `key` and the key of the digests; `ended` and the outcome; `busy`, the create that has the lock, whether it is the
 * same, and its file; or `begun`, the doubt about earlier creates, and the date of the record.
 */
const beginCreate = `
local key = redis.call('GET', KEYS[1])
if not key then redis.call('SET', KEYS[1], ARGV[1]) elseif key ~= ARGV[1] then return {'key', key} end
local outcome = ARGV[9] == '1' and redis.call('GET', KEYS[3])
if outcome then return {'ended', outcome} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call('HMGET', KEYS[2], 'replica', 'create', 'until', 'caller', 'input', 'file', 'doubt', 'isLate', 'date')
local create, file, doubt, isLate = state[2], state[6], state[7], state[8]
if create and state[1] ~= ARGV[2] then
  if tonumber(state[3]) > now then
    local isSame = state[4] == ARGV[4] and state[5] == ARGV[5]
    if isSame then redis.call('HSET', KEYS[2], 'isAwaited', '1') end
    return {'busy', create, isSame and 1 or 0, file}
  end
  doubt = (not doubt or doubt == file) and file or 'several'
  isLate = '1'
  redis.call('HSET', KEYS[2], 'doubt', doubt, 'isLate', isLate)
end
if create ~= ARGV[3] then redis.call('HDEL', KEYS[2], 'isAwaited') end
redis.call('HSET', KEYS[2], 'replica', ARGV[2], 'create', ARGV[3], 'until', string.format('%.0f', now + ARGV[7]), 'caller', ARGV[4], 'input', ARGV[5], 'file', ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[8])
local relation = 'none'
if doubt and doubt ~= ARGV[6] then relation = isLate == '1' and 'may still be applied' or 'settled by now' end
return {'begun', relation, state[9] or ''}
`;

/**
 * Releases the lock and keeps what the create has found out. If it has lost the lock, only a doubt is kept.
 * KEYS: the natural key's state; the create's outcome.
 * ARGV: this create; its outcome, empty if it is nobody else's; the record's date; the doubt: `none`, `same` as before, or a file's
 * digest; whether Graph may still apply the create; milliseconds for an outcome, a date and a doubt.
 * Returns 1 if this create had the lock.
 */
const endCreate = `
local state = redis.call('HMGET', KEYS[1], 'create', 'isAwaited', 'doubt', 'isLate')
local hadLock = state[1] == ARGV[1]
local doubt, isLate = state[3], state[4]
if ARGV[4] == 'none' then doubt = false
elseif ARGV[4] ~= 'same' then
  doubt = (not doubt or doubt == ARGV[4]) and ARGV[4] or 'several'
  if ARGV[5] == '1' then isLate = '1' end
end
if hadLock then
  if state[2] and ARGV[2] ~= '' then redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[6]) end
  redis.call('DEL', KEYS[1])
  if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'date', ARGV[3]) end
end
if doubt and (hadLock or ARGV[4] ~= 'same') then redis.call('HSET', KEYS[1], 'doubt', doubt, 'isLate', isLate or '0') end
if hadLock then redis.call('PEXPIRE', KEYS[1], doubt and ARGV[8] or ARGV[7])
elseif doubt then redis.call('PEXPIRE', KEYS[1], ARGV[8]) end
return hadLock and 1 or 0
`;

/** What Redis knows a create by. */
interface Digests {
  readonly naturalKey: string;
  readonly caller: string;
  readonly input: string;
  readonly file: string;
}

/** A create of this process, from the moment it asks for the lock until its end. */
interface Flight {
  readonly id: string;
  readonly call: CreateCall;
  readonly history: KeyHistory;
  digests: Digests;
  /** Whether Redis may have the lock of this create: it was asked, even if it did not answer. */
  mayHaveLock: boolean;
}

/** How a create ended, for Redis. It holds nothing of the input: it may have to wait until Redis is back. */
interface End {
  readonly id: string;
  readonly naturalKey: string;
  /** JSON for the same create in other replicas; empty: they send their own. */
  readonly outcome: string;
  readonly date: string;
  /** `none`, `same` as before, or the digest of the file whose create is unresolved. */
  readonly doubt: string;
  readonly mayStillBeApplied: boolean;
  /** When Redis was told, in monotonic milliseconds; absent: not yet. */
  toldAtMs?: number;
}

type Begun =
  | { readonly state: "begun"; readonly doubt: KeyHistory["doubt"]; readonly date: string }
  | { readonly state: "busy"; readonly create: string; readonly isSame: boolean; readonly file: string }
  | { readonly state: "ended"; readonly outcome: string };

export class SharedCreates implements CreatesOfReplicas {
  readonly #store: SharedStore;
  readonly #scope: (tenantId: string | undefined) => string;
  readonly #lockMs: number;
  readonly #clock: Clock;
  readonly #replica = randomUUID();
  /** The same in all replicas: whoever comes first puts a random one into Redis. */
  #digestKey = randomBytes(32).toString("base64url");
  readonly #flights = new Set<Flight>();
  /**
   * Ended creates that Redis could not be told about, or was told lately: a failover loses what the new primary has not got yet,
   * and a lock would come back. The oldest come first.
   */
  readonly #ends = new Set<End>();

  /**
   * @param scope what tells natural keys of several Graphs and tenants apart. @param deadlineMs of the longest request.
   */
  constructor(store: SharedStore, scope: (tenantId: string | undefined) => string, deadlineMs: number, clock: Clock) {
    this.#store = store;
    this.#scope = scope;
    this.#lockMs = deadlineMs + lockMarginMs;
    this.#clock = clock;
    store.onBack(() => void this.#catchUp());
  }

  async run(
    call: CreateCall,
    history: KeyHistory,
    create: () => Promise<UserPfxCertificate>,
  ): Promise<UserPfxCertificate> {
    const flight: Flight = { id: randomUUID(), call, history, digests: this.#digestsOf(call), mayHaveLock: false };
    const shared = await this.#awaitTurn(flight);
    if (shared !== undefined) return shared;
    this.#flights.add(flight);
    try {
      const certificate = await create();
      const date = certificate.createdDateTime ?? "";
      const ended = this.#end(flight, successOf(certificate), date, "none");
      // Only a record that was looked up could be another create's, if this one had lost its lock.
      if (history.isLookedUp && (await ended) === 0) throw lostLock();
      return certificate;
    } catch (error) {
      const isUnknown = error instanceof GatewayError && error.code === "OUTCOME_UNKNOWN";
      const date = history.createdDateTime ?? "";
      void this.#end(flight, failureOf(error, call), date, isUnknown ? "unresolved" : "same");
      throw error;
    }
  }

  /**
   * Waits for the lock, or for Redis to be away. Returns the certificate that the same create in another replica stored.
   *
   * @throws {GatewayError} the error of the same create; `UPSTREAM_TIMEOUT` or `OUTCOME_UNKNOWN` at the deadline.
   */
  async #awaitTurn(flight: Flight): Promise<UserPfxCertificate | undefined> {
    const { call, history } = flight;
    const { deadline } = call.caller;
    let other: Extract<Begun, { state: "busy" }> | undefined;
    for (let pollMs = firstPollMs; ; ) {
      const begun = await this.#begin(flight, other?.isSame ? other.create : undefined);
      if (begun === undefined) {
        if (other !== undefined) distrust(flight, other.file);
        return undefined;
      }
      if (begun.state === "begun") {
        history.doubt = worse(history.doubt, begun.doubt);
        if (begun.date !== "") history.createdDateTime = begun.date;
        return undefined;
      }
      if (begun.state === "ended") {
        const certificate = sharedOutcomeOf(begun.outcome, flight);
        if (certificate !== undefined) return certificate;
        other = undefined; // its turn now
        continue;
      }
      pollMs = begun.create === other?.create ? Math.min(1.5 * pollMs, maxPollMs) : firstPollMs;
      other = begun;
      if (deadline.remainingMs <= 0) {
        if (!other.isSame) throw notSent();
        history.mayStillBeApplied = true;
        throw stillUnknown();
      }
      await this.#clock.sleep(Math.min(pollMs, deadline.remainingMs));
    }
  }

  /** Asks Redis for the lock. @param awaited the create whose outcome is waited for. @returns `undefined` if Redis is away. */
  async #begin(flight: Flight, awaited?: string): Promise<Begun | undefined> {
    const { keyPrefix } = this.#store;
    for (;;) {
      const { naturalKey, caller, input, file } = flight.digests;
      const isAsked = !this.#store.isAway;
      flight.mayHaveLock ||= isAsked;
      const answer = await this.#store.ask((redis) =>
        redis.eval(
          beginCreate,
          3,
          `${keyPrefix}:creates:key`,
          `${keyPrefix}:create:${naturalKey}`,
          `${keyPrefix}:created:${awaited ?? ""}`,
          this.#digestKey,
          this.#replica,
          flight.id,
          caller,
          input,
          file,
          this.#lockMs,
          this.#lockMs + doubtMs,
          awaited === undefined ? "0" : "1",
        ),
      );
      if (!Array.isArray(answer)) return undefined;
      const [state, first, second, third] = answer.map(String);
      switch (state) {
        case "key":
          this.#digestKey = first ?? "";
          flight.digests = this.#digestsOf(flight.call);
          break;
        case "ended":
          return { state, outcome: first ?? "" };
        case "busy":
          flight.mayHaveLock = false;
          return { state, create: first ?? "", isSame: second === "1", file: third ?? "" };
        default:
          return { state: "begun", doubt: doubts.find((doubt) => doubt === first) ?? "none", date: second ?? "" };
      }
    }
  }

  /** Tells Redis that the create has ended; later if Redis is away. Returns 1 if this create had the lock. */
  async #end(flight: Flight, outcome: string, date: string, doubt: "none" | "same" | "unresolved"): Promise<unknown> {
    this.#flights.delete(flight);
    const { id, digests, history, mayHaveLock } = flight;
    const end: End = {
      id,
      naturalKey: digests.naturalKey,
      outcome,
      date,
      doubt: doubt === "unresolved" ? digests.file : doubt,
      mayStillBeApplied: history.mayStillBeApplied,
    };
    if (mayHaveLock || doubt === "unresolved") this.#keep(end);
    return this.#tell(end);
  }

  #keep(end: End): void {
    this.#ends.add(end);
    const since = this.#clock.now() - this.#lockMs; // older locks are dead
    for (const oldest of this.#ends) {
      const isOld = oldest.toldAtMs !== undefined && oldest.toldAtMs < since;
      if (!isOld && this.#ends.size <= maxEnds) break;
      this.#ends.delete(oldest);
    }
  }

  /** Returns 1 if the create had the lock; `undefined` if Redis is away. */
  async #tell(end: End): Promise<unknown> {
    const { keyPrefix } = this.#store;
    const { id, naturalKey, outcome, date, doubt, mayStillBeApplied, toldAtMs } = end;
    const hadLock = await this.#store.ask((redis) =>
      redis.eval(
        endCreate,
        2,
        `${keyPrefix}:create:${naturalKey}`,
        `${keyPrefix}:created:${id}`,
        id,
        outcome,
        date,
        toldAtMs === undefined ? doubt : "same", // a doubt may have been settled since
        mayStillBeApplied ? "1" : "0",
        outcomeMs,
        dateMs,
        doubtMs,
      ),
    );
    if (hadLock !== undefined) end.toldAtMs = this.#clock.now();
    return hadLock;
  }

  /** Redis is back, perhaps without its memory: claims the creates in flight, and tells the ends. */
  async #catchUp(): Promise<void> {
    for (const flight of [...this.#flights]) {
      if (!this.#flights.has(flight)) continue; // it has ended meanwhile, and its end must come last
      const begun = await this.#begin(flight);
      if (begun === undefined) return; // away again
      if (begun.state === "busy") distrust(flight, begun.file);
    }
    const ends = [...this.#ends];
    for (let at = 0; at < ends.length; at += toldAtOnce) {
      const told = await Promise.all(ends.slice(at, at + toldAtOnce).map((end) => this.#tell(end)));
      if (told.includes(undefined)) return;
    }
  }

  #digestsOf({ input, token, caller }: CreateCall): Digests {
    const digestOf = (...parts: readonly (string | null)[]) => {
      const hmac = createHmac("sha256", this.#digestKey);
      for (const part of parts) hmac.update(`${part?.length}\n`).update(part ?? "");
      return hmac.digest("base64url");
    };
    const { userPrincipalName, thumbprint } = input;
    const file = digestOf("file", input.encryptedPfxBlob, withoutLineBreaks(input.encryptedPfxPassword));
    return {
      naturalKey: digestOf(
        "key",
        this.#scope(caller.tenantId),
        userPrincipalName.toLowerCase(),
        thumbprint.toLowerCase(),
      ),
      caller: digestOf("caller", caller.callerToken ?? token),
      input: digestOf(
        "input",
        file,
        input.intendedPurpose,
        input.startDateTime,
        input.expirationDateTime,
        input.providerName,
        input.keyName,
        input.paddingScheme,
      ),
      file,
    };
  }
}

const doubts = ["none", "settled by now", "may still be applied"] as const satisfies KeyHistory["doubt"][];

function worse(one: KeyHistory["doubt"], other: KeyHistory["doubt"]): KeyHistory["doubt"] {
  return doubts.indexOf(one) > doubts.indexOf(other) ? one : other;
}

/** A create of another replica may be applied at any time: a record that fits must not be taken for this create's. */
function distrust({ history, digests }: Flight, file: string): void {
  if (file !== digests.file) history.doubt = "may still be applied";
}

function lostLock(): GatewayError {
  return new GatewayError(
    "OUTCOME_UNKNOWN",
    "Redis failed meanwhile, and another replica may have stored that record; repeating it is safe.",
  );
}

/** The outcome of a create, as Redis has it: no property of the input. */
interface SharedOutcome {
  readonly code?: ErrorCode;
  /** The certificate's id; with `CONFLICT` that of the existing one. */
  readonly id?: string;
  readonly createdDateTime?: string | null;
  readonly lastModifiedDateTime?: string | null;
  readonly retryAfterSeconds?: number | undefined;
  /** Milliseconds that the create had left. With more time, another one may still succeed. */
  readonly leftMs?: number;
}

function successOf({ id, createdDateTime, lastModifiedDateTime }: UserPfxCertificate): string {
  return JSON.stringify({ id, createdDateTime, lastModifiedDateTime } satisfies SharedOutcome);
}

/** Empty if a create of another replica had better ask Graph itself: for Graph's words, or because the client has gone. */
function failureOf(error: unknown, { caller }: CreateCall): string {
  if (!(error instanceof GatewayError) || isAbandoned(error) || caller.closed.isClosed) return "";
  const { code, certificateId, retryAfterSeconds } = error;
  if (code === "CONFLICT" && certificateId !== undefined) {
    return JSON.stringify({ code, id: certificateId } satisfies SharedOutcome);
  }
  if (!isTransient(code)) return "";
  const leftMs = caller.deadline.remainingMs;
  return JSON.stringify({ code, retryAfterSeconds, leftMs } satisfies SharedOutcome);
}

/**
 * The certificate that the same create stored: what this input says, with Graph's id and times. `undefined`: the outcome is of no
 * use here.
 *
 * @throws {GatewayError} the error of the same create.
 */
function sharedOutcomeOf(json: string, { call, history }: Flight): UserPfxCertificate | undefined {
  const outcome = parsed(json);
  if (!isRecord(outcome)) return undefined;
  const { code, id, retryAfterSeconds, leftMs } = outcome;
  const { input, caller } = call;
  if (code === "CONFLICT" && typeof id === "string") {
    throw new GatewayError("CONFLICT", `That user already has that certificate, under the id ${id}.`, {
      certificateId: id,
    });
  }
  if (isTransient(code)) {
    if (typeof leftMs !== "number" || leftMs + enoughMs < caller.deadline.remainingMs) return undefined;
    if (code === "OUTCOME_UNKNOWN") history.mayStillBeApplied = true;
    throw new GatewayError(code, "The same create was in flight in another replica and failed; repeating it is safe.", {
      retryAfterSeconds: typeof retryAfterSeconds === "number" ? retryAfterSeconds : undefined,
    });
  }
  if (typeof id !== "string") return undefined;
  const textOf = (value: unknown) => (typeof value === "string" ? value : null);
  return {
    id,
    thumbprint: input.thumbprint.toLowerCase(),
    intendedPurpose: input.intendedPurpose,
    userPrincipalName: input.userPrincipalName,
    userId: userIdOf(id),
    startDateTime: input.startDateTime,
    expirationDateTime: input.expirationDateTime,
    providerName: input.providerName,
    keyName: input.keyName,
    paddingScheme: input.paddingScheme,
    encryptedPfxBlob: null,
    encryptedPfxPassword: null,
    createdDateTime: textOf(outcome.createdDateTime),
    lastModifiedDateTime: textOf(outcome.lastModifiedDateTime),
  };
}

/** `undefined` if it is no JSON: anybody may write to the Redis who may reach it. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
