/** What a survey finds: types only. */

/** The form of a 429's wait time, as the emulator's `RetryAfterHint`. */
export type RetryAfterForm = "seconds" | "fraction" | "date" | "millisecondsHeader" | "nested" | "none";

/** The answers as options of the emulator's `startEmulator`. A test passes them to it. */
export interface EmulatorSettings {
  v1HasSegment: boolean;
  betaHasSegment: boolean;
  pageSize: number;
  listDelayMs: number;
  echoSecrets: boolean | "omit";
  readOnlyProperties: "refuse" | "ignore" | "store";
  onDuplicate: "conflict" | "badRequest" | "overwrite" | "keep" | "add";
  patchAnswer: 200 | 204;
  refusedPaddingSchemes: ("pkcs1" | "oaepSha1")[];
  checksThumbprint: boolean;
  onMissing: "notFound" | "badRequest";
  onDeleteMissing: "failure" | "success";
  honouredFilters: string[];
  otherFilters: "ignore" | "refuse";
  userPrincipalNameFilterIsCaseSensitive: boolean;
  ignoredQueryOptions: string[];
  refusedQueryOptions: string[];
  honoursOrderBy: boolean;
  topMeans: "pageSize" | "limit";
  countSegment: boolean;
  errorShape: "plain" | "nested" | "threeLevel";
  errorCodes: Record<number, string>;
  writeQuota: { limit: number; windowMs: number; retryAfter: RetryAfterForm };
}

/** One question and its answer, in words that hold nothing of the tenant. */
export interface SurveyAnswer {
  readonly question: string;
  readonly answer: string;
  /** The shape of a body. */
  readonly detail?: string;
  /** The emulator's settings that behave like this. */
  readonly settings?: Partial<EmulatorSettings>;
}

/** Something that the gateway relies on. */
export interface ContractCheck {
  readonly promise: string;
  readonly holds: boolean;
  /** What Graph did instead. */
  readonly detail?: string;
}

/** A certificate that the survey could not delete. */
export interface Leftover {
  /** The survey's own random value. */
  readonly thumbprint: string;
  /** False: its create had no answer, and look-ups do not find it. Graph may still apply the create. */
  readonly isCertain: boolean;
}

export interface SurveyResult {
  /** Host of Graph; a loopback address has no port. */
  readonly graph: string;
  readonly apiVersion: "v1.0" | "beta";
  readonly contract: readonly ContractCheck[];
  readonly answers: readonly SurveyAnswer[];
  /** All settings of the answers. */
  readonly settings: Partial<EmulatorSettings>;
  readonly requests: number;
  /** Why the survey ended before its last question. */
  readonly stopped: { readonly problem: string; readonly advice: string } | undefined;
  readonly leftovers: readonly Leftover[];
}
