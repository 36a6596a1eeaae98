/**
 * Signing in at Microsoft Entra with MSAL. A chunk of its own, loaded only where sign-in is configured.
 *
 * Tokens are kept in the session storage: a reload stays signed in, and the tab's end is the session's. In memory only, each reload
 * would open a window, since browsers keep an authority's cookies from hidden frames. A script that could read the storage could
 * ask MSAL for the same tokens; the page's policy admits no foreign script, and sends nothing anywhere but here and to the authority.
 */
import {
  type AccountInfo,
  AuthError,
  type AuthenticationResult,
  BrowserCacheLocation,
  InteractionRequiredAuthError,
  PublicClientApplication,
} from "@azure/msal-browser";
import { type SignIn, type SignInConfig, SignInFailed, SignInNeeded } from "./sign-in.ts";

/** Long enough to find the telephone with the second factor. */
const signInMinutes = 10;

export async function startMsal({ authority, clientId, scopes }: SignInConfig): Promise<SignIn> {
  const redirectUri = new URL("/redirect.html", window.location.origin).href;
  const msal = new PublicClientApplication({
    auth: {
      authority,
      clientId,
      redirectUri,
      knownAuthorities: [new URL(authority).host],
      // Microsoft Entra challenges only clients that say that they can answer.
      clientCapabilities: ["CP1"],
    },
    cache: { cacheLocation: BrowserCacheLocation.SessionStorage },
    system: { popupBridgeTimeout: signInMinutes * 60_000 },
  });
  await msal.initialize();
  await msal.handleRedirectPromise(); // a sign-out has come back
  let account: AccountInfo | undefined = msal.getActiveAccount() ?? msal.getAllAccounts()[0];
  const listeners = new Set<() => void>();
  const withClaims = (claims: string | undefined) => ({
    scopes: [...scopes],
    ...(claims !== undefined && { claims: fromBase64(claims) }),
  });

  function enter(result: AuthenticationResult) {
    account = result.account;
    msal.setActiveAccount(account);
    for (const listener of listeners) listener();
  }

  return {
    userName: () => account?.username,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async signIn(claims) {
      try {
        const window = { ...withClaims(claims), ...(account && { account }), overrideInteractionInProgress: true };
        enter(await msal.acquireTokenPopup(window));
      } catch (error) {
        throw new SignInFailed(wordsOf(error), { cause: error });
      }
    },
    signOut: () => msal.logoutRedirect({ ...(account && { account }), postLogoutRedirectUri: window.location.origin }),
    async token({ isFresh = false, claims } = {}) {
      if (account === undefined) throw new SignInNeeded("Nobody is signed in.");
      try {
        const result = await msal.acquireTokenSilent({ ...withClaims(claims), account, forceRefresh: isFresh });
        return result.accessToken;
      } catch (error) {
        if (error instanceof InteractionRequiredAuthError) {
          throw new SignInNeeded("Microsoft Entra wants the person.", { claims, cause: error });
        }
        throw new SignInFailed(wordsOf(error), { cause: error });
      }
    },
  };
}

function fromBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
}

function wordsOf(error: unknown): string {
  const code = error instanceof AuthError ? error.errorCode : "";
  switch (code) {
    case "popup_window_error":
    case "empty_window_error":
      return "The browser has blocked the sign-in window. Allow windows for this page, and try again.";
    case "timed_out":
      return `You did not sign in within ${signInMinutes} minutes. Try again.`;
    case "access_denied":
      return "The sign-in was refused. Ask your administrator whether you may use this portal.";
    default:
      return `Signing in did not work${code && ` (${code})`}. Check your connection and try again.`;
  }
}
