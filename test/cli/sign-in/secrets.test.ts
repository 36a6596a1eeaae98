/** No token, code, secret or assertion shows: in no message, on no stream, in no argument or environment of a program. */
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SignIn, SignInSettings } from "../../../packages/cli/src/sign-in/sign-in.ts";
import { type EntraSignIn, startEntraSignIn } from "../../support/entra-sign-in.ts";
import { browse, createWorld, remoteGateway, shownUrl, signInAt, type World } from "./world.ts";

let entra: EntraSignIn;
let world: World;
beforeEach(async () => {
  entra = await startEntraSignIn(() => world.nowMs());
  world = await createWorld({
    env: {
      AZURE_CLIENT_SECRET: entra.credentials.clientSecret,
      INTUNE_PFX_TOKEN: "canary-given-token",
      INTUNE_PFX_PASSWORD: "canary-password",
    },
  });
  await world.program("xdg-open", "");
  await world.program("az", `echo '{"accessToken":"canary-az-token"}'`);
});
afterEach(async () => {
  await entra[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** Everything that a person or another user of the machine can see of it. */
async function visible(signIn: SignIn, failures: unknown[]): Promise<string> {
  const shown = failures.map(
    (failure) => `${inspect(failure, { depth: 9 })}${JSON.stringify(failure)}${String(failure)}`,
  );
  return [world.stderr(), JSON.stringify(await world.started()), await world.environments(), ...shown]
    .concat(inspect(signIn, { depth: 9 }), JSON.stringify(signIn), JSON.stringify(signIn.account() ?? null))
    .join("\n");
}

describe.each(["browser", "device-code", "app", "az", "token"] as const)("with %s", (auth) => {
  it("nothing secret shows, neither when all goes well nor when the authority fails", async () => {
    const settings: Partial<SignInSettings> = { auth, gateway: remoteGateway };
    const signIn = signInAt(entra, world, settings);
    const failures: unknown[] = [];
    const attempt = (work: Promise<unknown>) => work.catch((error: unknown) => failures.push(error));

    const first = attempt(signIn.token());
    if (auth === "browser") await browse(await shownUrl(world));
    await first;
    const faults = [
      { status: 400, body: { error: "invalid_request", error_description: "AADSTS90014: canary", canary: "canary" } },
      { status: 200, body: { access_token: "canary token", token_type: "Bearer", refresh_token: "canary" } },
      { status: 200, headers: { "content-type": "text/html" }, body: "canary" },
      { instead: "cut" as const },
    ];
    for (const fault of faults) {
      entra.faults.fail("token", fault, 4);
      await attempt(signIn.renew());
      entra.faults.heal("token");
    }

    const shown = await visible(signIn, failures);
    if (auth !== "az" && auth !== "token") expect(failures).toHaveLength(faults.length);
    expect(entra.secrets().filter((secret) => shown.includes(secret))).toEqual([]);
  });
});
