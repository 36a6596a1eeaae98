/**
 * What Microsoft documents about the AADSTS numbers that the token endpoint answers to this gateway. Microsoft may change the
 * numbers, so an unknown number is no error here: OAuth's own error code decides then.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */

/** Who can mend a refusal. */
export type Refusal =
  /** A new sign-in of the same user. */
  | "signIn"
  /** A Conditional Access policy, security defaults or a rule about devices; the administrator. */
  | "conditionalAccess"
  /** The user's account is disabled, locked, unknown in the tenant or kept out of it; the administrator. */
  | "account"
  /** The user is not assigned to the application; the administrator. */
  | "notAssigned"
  /** The user is refused for another reason that no sign-in changes; the administrator. */
  | "blocked"
  | "consent"
  /** The token is an application's. */
  | "notUser"
  /** The gateway's own application or credential; the operator. */
  | "gateway";

const documented: readonly (readonly [refusal: Refusal, numbers: readonly number[]])[] = [
  [
    "signIn",
    [
      50013, 500133, 50055, 50056, 50058, 50072, 50074, 50076, 50078, 50079, 50085, 50089, 50097, 50125, 50126, 50132,
      50133, 50135, 50139, 50140, 50143, 50144, 50158, 50173, 50187, 51006, 70000, 70008, 700020, 70043, 700082, 700084,
    ],
  ],
  [
    "conditionalAccess",
    [
      50005, 50129, 50131, 50155, 50161, 50177, 50178, 53000, 53001, 53002, 53003, 53004, 53009, 53010, 53011, 530001,
      530002, 530003, 530004, 530021, 530032, 530034, 530035, 135011,
    ],
  ],
  [
    "account",
    [
      16000, 16003, 50002, 50014, 50015, 50020, 500021, 500022, 500208, 500212, 500213, 50034, 50053, 50057, 51004,
      54000, 90072, 1000104,
    ],
  ],
  ["notAssigned", [50105]],
  ["consent", [65001, 65004, 90008, 90094, 90095]],
  ["notUser", [7000114]],
  [
    "gateway",
    [
      28002, 28003, 50001, 500011, 50003, 50012, 500131, 50032, 50048, 50194, 65005, 650052, 650054, 650056, 650057,
      70001, 700011, 700016, 70002, 700022, 700023, 700024, 700025, 700027, 70003, 700030, 70011, 70021, 700211, 700212,
      700213, 700229, 7000112, 7000215, 7000216, 7000218, 7000222, 90002, 90014, 900144, 90019, 90038, 900382, 900432,
      90099, 90123, 1000031,
    ],
  ],
];

const refusals = new Map(
  documented.flatMap(([refusal, numbers]) => numbers.map((number) => [number, refusal] as const)),
);

/** Retryable, unavailable, timed out or throttled in Microsoft's words; such a request may succeed a moment later. */
const transient = new Set([40010, 50033, 50087, 50166, 70012, 90006, 90012, 90024, 90033, 90055, 90090, 90091, 501621]);

/** Microsoft's fault too, but Microsoft says that a retry does not help. */
const notRetryable = new Set([40008, 50000, 50086, 90036, 90092]);

/** Entra has seen too many equal requests. One more makes it last longer. */
export const loopDetected = 50196;

/** `undefined` if no number is known. */
export function refusalOf(aadsts: readonly number[]): Refusal | undefined {
  return aadsts.map((number) => refusals.get(number)).find((refusal) => refusal !== undefined);
}

export function isTransient(aadsts: readonly number[]): boolean {
  return aadsts.some((number) => transient.has(number));
}

/** Whether Entra itself failed and a retry does not help. */
export function isLasting(aadsts: readonly number[]): boolean {
  return aadsts.some((number) => number === loopDetected || notRetryable.has(number));
}
