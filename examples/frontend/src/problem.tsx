/** What went wrong, by the gateway's code, in words for people; the gateway's own words are details for support. */
import { findGatewayError, type GatewayError, type GatewayErrorCode } from "intune-pfx-client/operations";
import { type ReactNode, useEffect, useState } from "react";
import { SignInFailed, SignInNeeded, useSignIn } from "./sign-in/sign-in.ts";
import { SignInButton } from "./sign-in/sign-in-view.tsx";

type Words = readonly [whatHappened: string, whatToDo: string];

const tooMany = "Wait a moment, then try again.";
const words: Partial<Record<GatewayErrorCode, Words>> = {
  BAD_USER_INPUT: ["This was not accepted.", "Correct what you entered, and send it again. The details name the rule."],
  UNAUTHENTICATED: ["You are not signed in, or your session has ended.", "Sign in again."],
  CLAIMS_CHALLENGE: ["Your organisation asks for more proof that it is you.", "Sign in again."],
  FORBIDDEN: ["You may not do this.", "Ask your Intune administrator for the permission or the Intune role."],
  NOT_FOUND: ["This certificate is not in Intune any more.", "Somebody has deleted it. Load the list again."],
  CONFLICT: [
    "This can't be done as things are.",
    "The user already has this certificate, or somebody else changed it meanwhile. Nothing was changed.",
  ],
  THROTTLED: ["Microsoft Graph gets too many requests.", tooMany],
  RATE_LIMITED: ["You sent too many requests.", tooMany],
  OVERLOADED: ["The gateway has too much to do.", tooMany],
  OUTCOME_UNKNOWN: [
    "Nobody knows yet whether this was done.",
    "It may or may not have been done. Try again: that is safe, unless somebody else changes the same certificate meanwhile.",
  ],
  UPSTREAM_UNAVAILABLE: ["Microsoft Graph did not answer.", "Try again later."],
  UPSTREAM_TIMEOUT: ["Microsoft Graph took too long.", "Try again later."],
};
const otherwise: Words = ["Something went wrong that you can't mend.", "Tell your administrator what the details say."];
const signInCodes: ReadonlySet<string> = new Set<GatewayErrorCode>(["UNAUTHENTICATED", "CLAIMS_CHALLENGE"]);
const signInNeeded: Words = ["Your session has ended.", "Sign in again."];
const noSignIn = "This portal has no sign-in of its own. Ask your administrator.";
const unreachable: Words = ["The gateway can't be reached.", "Check your connection and try again."];

interface ProblemProps {
  /** What a query or a mutation rejected with. */
  failure: unknown;
  /** Offers "Try again", once the time is over that the gateway asks to wait. */
  onRetry?: () => void;
  /** After signing in again; else `onRetry`. */
  onSignedIn?: () => void;
  /** What else can be done. */
  children?: ReactNode;
}

export function Problem({ failure, onRetry, onSignedIn = onRetry, children }: ProblemProps) {
  const error = findGatewayError(failure);
  const waitSeconds = useCountdown(error?.extensions.retryAfterSeconds, failure);
  const isWaiting = waitSeconds !== undefined && waitSeconds > 0;
  const { signIn } = useSignIn();
  const isSignInMissing = failure instanceof SignInNeeded || signInCodes.has(error?.extensions.code ?? "");
  const [whatHappened, whatToDo] = wordsFor(failure, error);
  const isOver = waitSeconds === 0;
  return (
    <div className="problem">
      <div role="alert">
        <strong>{whatHappened}</strong>
        <p>{isOver ? "Try again now." : isSignInMissing && !signIn ? noSignIn : whatToDo}</p>
      </div>
      {/* Apart from the alert, which would be read out again every second. */}
      {isWaiting && <p>Try again in {waitSeconds} s.</p>}
      {isSignInMissing && signIn && (
        <SignInButton
          signIn={signIn}
          words="Sign in again"
          claims={failure instanceof SignInNeeded ? failure.claims : error?.extensions.claims}
          onSignedIn={onSignedIn}
        />
      )}
      {onRetry && !(isSignInMissing && signIn) && (
        <button type="button" aria-disabled={isWaiting} onClick={() => !isWaiting && onRetry()}>
          Try again
        </button>
      )}
      {children}
      {error && <Details error={error} />}
    </div>
  );
}

function wordsFor(failure: unknown, error: GatewayError | undefined): Words {
  if (error) return words[error.extensions.code] ?? otherwise;
  if (failure instanceof SignInNeeded) return signInNeeded;
  return failure instanceof SignInFailed ? [failure.message, ""] : unreachable;
}

function Details({ error: { message, extensions } }: { error: GatewayError }) {
  const { code, graph, invalid = [] } = extensions;
  return (
    <details>
      <summary>Details for your administrator</summary>
      <p>
        <code>{code}</code> {message}
        {graph?.requestId && (
          <>
            {" Request "}
            <code>{graph.requestId}</code>.
          </>
        )}
      </p>
      {invalid.map(({ path, message: rule }) => (
        <p key={`${path} ${rule}`}>
          <code>{path}</code> {rule}
        </p>
      ))}
    </details>
  );
}

/** Whole seconds still to wait; `undefined` where nothing says how long. */
function useCountdown(seconds: number | undefined, failure: unknown): number | undefined {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    if (seconds === undefined || failure === undefined) return setLeft(undefined);
    const endsAt = Date.now() + seconds * 1000;
    const tick = () => setLeft(Math.max(0, Math.ceil((endsAt - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [seconds, failure]);
  return left === undefined ? undefined : Math.ceil(left);
}
