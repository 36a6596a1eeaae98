/**
 * Signing in, where the page's configuration asks for it. Without it nothing of this is used: the gateway needs no token, or a
 * proxy in front of it adds one.
 */
import { useSyncExternalStore } from "react";

/** `signIn` of the page's configuration. */
export interface SignInConfig {
  /** Such as `https://login.microsoftonline.com/<tenant id>`. */
  readonly authority: string;
  /** The page's own application in Microsoft Entra, of the type "single-page application". */
  readonly clientId: string;
  /** What the gateway takes: with `obo` the scope of its API, with `passthrough` Graph's. */
  readonly scopes: readonly string[];
}

export interface WantedToken {
  /** Asks Entra even if the token at hand looks valid. */
  readonly isFresh?: boolean;
  /** Of a claims challenge, in base64. */
  readonly claims?: string | undefined;
}

export interface SignIn {
  /** Who is signed in. */
  userName(): string | undefined;
  subscribe(listener: () => void): () => void;
  /**
   * Opens a window of Microsoft Entra. A window, and not another page in place of this one: an import under way goes on.
   *
   * @param claims of a claims challenge, in base64: what has to be proved in addition.
   */
  signIn(claims?: string): Promise<void>;
  signOut(): Promise<void>;
  /**
   * A token for the gateway, renewed without a window where that is possible.
   *
   * @throws {SignInNeeded}
   */
  token(wanted?: WantedToken): Promise<string>;
}

/** A token can't be had without the person. */
export class SignInNeeded extends Error {
  override readonly name = "SignInNeeded";
  /** What has to be proved in addition, in base64. */
  readonly claims: string | undefined;

  constructor(message: string, { claims, cause }: { claims?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause });
    this.claims = claims;
  }
}

/** Why signing in did not work, in words for people. */
export class SignInFailed extends Error {
  override readonly name = "SignInFailed";
}

let current: SignIn | undefined;

export function setSignIn(signIn: SignIn): void {
  current = signIn;
}

/** `undefined` where there is no sign-in. */
export const currentSignIn = (): SignIn | undefined => current;

export function useSignIn(): { signIn: SignIn | undefined; userName: string | undefined } {
  const userName = useSyncExternalStore(
    (listener) => current?.subscribe(listener) ?? (() => {}),
    () => current?.userName(),
  );
  return { signIn: current, userName };
}
