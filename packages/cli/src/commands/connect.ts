/** What every command that talks with the gateway begins with: the sign-in and the session. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { usageError } from "../cli-error.ts";
import { GatewayClient } from "../gateway/gateway-client.ts";
import { createFetch, type Fetch } from "../gateway/network.ts";
import { Session, type Wait } from "../gateway/session.ts";
import type { Io } from "../io.ts";
import { isLoopback, type Settings } from "../settings/settings.ts";
import { authModes, type Cloud, clouds, createSignIn, type SignIn } from "../sign-in/sign-in.ts";

export interface Connection {
  readonly session: Session;
  readonly signIn: SignIn;
  readonly client: GatewayClient;
  readonly fetch: Fetch;
}

export interface ConnectOptions {
  readonly noInput: boolean;
  readonly isJson: boolean;
  readonly signal: AbortSignal;
  onWait?(wait: Wait | undefined): void;
  /** How long nothing may go through; default ten minutes, as an import of thousands needs it. */
  readonly patienceMs?: number | undefined;
}

/** @throws {CliError} exit code 64 where the sign-in can't be chosen or lacks settings */
export function connect(
  settings: Settings & { readonly gateway: URL },
  io: Io,
  { noInput, isJson, signal, onWait = () => {}, patienceMs }: ConnectOptions,
): Connection {
  const { gateway, auth, cloud, tenant, clientId, scope, tokenFile } = settings;
  const fetch = createFetch(io);
  const signIn = createSignIn(
    {
      gateway,
      tenant,
      clientId,
      scope,
      tokenFile,
      noInput,
      isJson,
      auth: oneOf("--auth", auth, authModes),
      cloud: oneOf<Cloud>("--cloud", cloud, clouds),
      authorityUrl: testAuthority(io),
    },
    io,
    fetch,
  );
  const client = new GatewayClient({ url: gateway, signIn, routerSecret: readRouterSecret(io), fetch });
  return { session: new Session({ client, signIn, io, signal, onWait, patienceMs }), signIn, client, fetch };
}

function oneOf<Choice extends string>(
  option: string,
  value: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  if (value === undefined) return undefined;
  const choice = choices.find((each) => each === value);
  if (choice === undefined)
    throw usageError("OPTION_INVALID", `${option} must be one of ${choices.join(", ")}`, { option });
  return choice;
}

/** For tests of this program: an authority on this machine. No other can be named. */
function testAuthority({ env }: Io): URL | undefined {
  const url = env.INTUNE_PFX_TEST_AUTHORITY;
  if (url === undefined || !URL.canParse(url)) return undefined;
  const authority = new URL(url);
  return isLoopback(authority) ? authority : undefined;
}

function readRouterSecret({ env, folder }: Io): string | undefined {
  const file = env.INTUNE_PFX_ROUTER_SECRET_FILE;
  if (!file) return env.INTUNE_PFX_ROUTER_SECRET || undefined;
  try {
    return readFileSync(path.resolve(folder, file), "utf8")
      .replace(/^\uFEFF/, "")
      .replace(/\r?\n$/, "");
  } catch {
    throw usageError("FILE_UNREADABLE", "the file that INTUNE_PFX_ROUTER_SECRET_FILE names can't be read");
  }
}
