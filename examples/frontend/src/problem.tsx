/** What went wrong, by the gateway's code, and what one can do about it. */
import { findGatewayError, type GatewayErrorCode } from "intune-pfx-gateway/client";
import { type ReactNode, useEffect, useState } from "react";

const advice: Partial<Record<GatewayErrorCode, string>> = {
  BAD_USER_INPUT: "Correct it and send it again.",
  UNAUTHENTICATED: "Your session has ended. Sign in again.",
  CLAIMS_CHALLENGE: "Your organisation asks for more proof. Sign in again.",
  FORBIDDEN: "You lack a permission for this. Ask your Intune administrator.",
  NOT_FOUND: "It is not there any more. Reload the list.",
  CONFLICT: "This user already has this certificate, or somebody else changed it meanwhile. Nothing was changed.",
  OUTCOME_UNKNOWN: "It may or may not have been stored. Sending it again is safe: it will not be stored twice.",
  UPSTREAM_UNAVAILABLE: "Microsoft Graph did not answer. Try again later.",
  UPSTREAM_TIMEOUT: "Microsoft Graph took too long. Try again later.",
};
const otherwise = "Something went wrong that you can't mend. Tell your administrator what is said here.";

/** What a mutation or a query rejected with. `children`: what else can be done, such as a button to try again. */
export function Problem({ failure, children }: { failure: unknown; children?: ReactNode }) {
  const error = findGatewayError(failure);
  const waitSeconds = useCountdown(error?.extensions.retryAfterSeconds, failure);
  if (error === undefined) {
    return (
      <div role="alert" className="problem">
        <strong>The gateway can't be reached.</strong>
        <p>Check your connection and try again.</p>
        {children}
      </div>
    );
  }
  const { code, graph } = error.extensions;
  return (
    <div role="alert" className="problem">
      <strong>{error.message}</strong>
      <p>
        {waitSeconds === undefined ? (advice[code] ?? otherwise) : waitAdvice(waitSeconds)} <code>{code}</code>
        {graph?.requestId && (
          <>
            {" · request "}
            <code>{graph.requestId}</code>
          </>
        )}
      </p>
      {children}
    </div>
  );
}

function waitAdvice(seconds: number): string {
  return seconds > 0 ? `Too many at once. Try again in ${seconds} s.` : "Too many at once. Try again now.";
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
