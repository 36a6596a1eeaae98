/** Starts the sign-in that the page's configuration asks for. */
import { isRecord, pageConfig } from "../page-config.ts";
import { type SignInConfig, SignInFailed, setSignIn } from "./sign-in.ts";

/** Starts it where it is configured. Only then the library for it is loaded. */
export async function startSignIn(): Promise<void> {
  const { signIn: given } = await pageConfig();
  if (given === undefined) return;
  const { startMsal } = await import("./msal.ts");
  setSignIn(await startMsal(checked(given)));
}

function checked(given: unknown): SignInConfig {
  const { authority, clientId, scopes } = isRecord(given) ? given : {};
  const isComplete = typeof authority === "string" && URL.canParse(authority) && typeof clientId === "string";
  if (!isComplete || !Array.isArray(scopes) || !scopes.every((scope) => typeof scope === "string")) {
    throw new SignInFailed("The sign-in is not set up: config.json needs signIn with authority, clientId and scopes.");
  }
  return { authority, clientId, scopes };
}
