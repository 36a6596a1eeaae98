/** What is shown instead of the views as long as nobody is signed in; and who is. */
import { useRef, useState } from "react";
import { type SignIn, SignInFailed } from "./sign-in.ts";

export function SignInView({ signIn }: { signIn: SignIn }) {
  return (
    <section className="card" aria-labelledby="sign-in">
      <h2 id="sign-in">Sign in</h2>
      <p>Sign in with the account that manages certificates in Intune.</p>
      <SignInButton signIn={signIn} words="Sign in" />
    </section>
  );
}

interface SignInButtonProps {
  signIn: SignIn;
  words: string;
  /** Of a claims challenge. */
  claims?: string | undefined;
  onSignedIn?: (() => void) | undefined;
}

/**
 * The page can't see whether the window was closed, since Microsoft Entra keeps its window apart from others. So the button stays
 * usable, and opens another window, which takes the first one's place.
 */
export function SignInButton({ signIn, words, claims, onSignedIn }: SignInButtonProps) {
  const [attempt, setAttempt] = useState<{ isWaiting: boolean; failure?: unknown }>({ isWaiting: false });
  const latest = useRef(0);

  async function open() {
    latest.current += 1;
    const mine = latest.current;
    setAttempt({ isWaiting: true });
    const failure = await signIn.signIn(claims).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (mine !== latest.current) return; // another window has taken its place
    setAttempt({ isWaiting: false, failure });
    if (failure === undefined) onSignedIn?.();
  }

  const { isWaiting, failure } = attempt;
  return (
    <>
      <p role="alert" className="wrong">
        {failure === undefined ? "" : failure instanceof SignInFailed ? failure.message : "Signing in did not work."}
      </p>
      <p role="status">{isWaiting && "Sign in in the other window. If you have closed it, open it again."}</p>
      <button type="button" className="primary" onClick={() => void open()}>
        {isWaiting ? "Open the window again" : words}
      </button>
    </>
  );
}

export function Account({ signIn, userName }: { signIn: SignIn; userName: string }) {
  return (
    <div className="account">
      <bdi>{userName}</bdi>
      <button type="button" className="quiet" onClick={() => void signIn.signOut()}>
        Sign out
      </button>
    </div>
  );
}
