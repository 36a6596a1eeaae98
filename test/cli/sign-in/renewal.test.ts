/** Tokens are renewed in time; calls at the same time make one request. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EntraSignIn, startEntraSignIn } from "../../support/entra-sign-in.ts";
import { browse, createWorld, failureOf, shownUrl, signInAt, type World } from "./world.ts";

const minute = 60_000;

let entra: EntraSignIn;
let world: World;
beforeEach(async () => {
  entra = await startEntraSignIn(() => world.nowMs());
  world = await createWorld({ env: { AZURE_CLIENT_SECRET: entra.credentials.clientSecret } });
});
afterEach(async () => {
  await entra[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const app = () => signInAt(entra, world, { auth: "app" });

async function byBrowser() {
  const signIn = signInAt(entra, world, { auth: "browser" });
  const token = signIn.token();
  await browse(await shownUrl(world));
  return { signIn, token: await token };
}

describe("a token", () => {
  it("is renewed five minutes before it expires, and not earlier", async () => {
    const signIn = app();
    const first = await signIn.token();
    world.pass(55 * minute - 1);
    expect(await signIn.token()).toBe(first);
    world.pass(1);
    const second = await signIn.token();
    expect(second).not.toBe(first);
    expect(await signIn.token()).toBe(second);
    expect(entra.grants("client_credentials")).toHaveLength(2);
  });

  it("that lives for less is renewed after half its life", async () => {
    entra.settings.lifetimeSeconds = 60;
    const signIn = app();
    const first = await signIn.token();
    world.pass(29_000);
    expect(await signIn.token()).toBe(first);
    world.pass(1000);
    expect(await signIn.token()).not.toBe(first);
  });

  it("of a person is renewed by the refresh token, which may change each time", async () => {
    const { signIn, token } = await byBrowser();
    for (const count of [1, 2]) {
      world.pass(56 * minute);
      expect(await signIn.token()).not.toBe(token);
      expect(entra.grants("refresh_token")).toHaveLength(count);
    }
    const [one, two] = entra.grants("refresh_token");
    expect(one?.form.refresh_token).not.toBe(two?.form.refresh_token);
    expect(one?.form.scope).toBe("api://pfx-gateway/.default offline_access");
    expect(entra.requests.filter(({ endpoint }) => endpoint === "authorize")).toHaveLength(1);
  });

  it("of a person is renewed by another sign-in where the refresh token is refused", async () => {
    const { signIn, token } = await byBrowser();
    entra.revokeRefreshTokens();
    const renewed = signIn.renew();
    await browse(await shownUrl(world, 2));
    await renewed;

    expect(await signIn.token()).not.toBe(token);
    expect(entra.grants("refresh_token")).toHaveLength(1);
  });

  it("is asked for once by calls at the same time", async () => {
    const signIn = app();
    const tokens = await Promise.all(Array.from({ length: 10 }, () => signIn.token()));
    expect(new Set(tokens).size).toBe(1);
    expect(entra.grants("client_credentials")).toHaveLength(1);

    await Promise.all([signIn.renew(), signIn.renew(), signIn.token(), signIn.token()]);
    expect(entra.grants("client_credentials")).toHaveLength(2);
  });

  it("that is being renewed is not handed out any more", async () => {
    const signIn = app();
    const refused = await signIn.token();
    const renewed = signIn.renew();
    expect(await signIn.token()).not.toBe(refused);
    await renewed;
  });

  it("is still asked for when one of two callers gives up", async () => {
    const signIn = app();
    const controller = new AbortController();
    const one = signIn.token(controller.signal);
    const two = signIn.token();
    const reason = new Error("interrupted");
    controller.abort(reason);

    await expect(one).rejects.toBe(reason);
    expect(await two).toMatch(/^ey/);
    expect(entra.grants("client_credentials")).toHaveLength(1);
  });

  it("is asked for anew after every caller has given up", async () => {
    const signIn = app();
    const controller = new AbortController();
    entra.faults.fail("token", { instead: "hang" });
    const given = signIn.token(controller.signal);
    setTimeout(() => controller.abort(new Error("interrupted")), 30);
    await expect(given).rejects.toThrow("interrupted");

    expect(await signIn.token()).toMatch(/^ey/);
  });

  it("is not asked for with a signal that is aborted already", async () => {
    await expect(app().token(AbortSignal.abort(new Error("interrupted")))).rejects.toThrow("interrupted");
    expect(entra.requests).toEqual([]);
  });

  it("that still holds is used while the authority can't be reached", async () => {
    const signIn = app();
    const first = await signIn.token();
    world.pass(56 * minute);
    entra.faults.fail("token", { status: 503 }, "always");
    expect(await signIn.token()).toBe(first);
    const asked = entra.requests.length;
    expect(await signIn.token()).toBe(first);
    expect(entra.requests).toHaveLength(asked); // not at every call
    world.pass(30_000);
    expect(await signIn.token()).toBe(first);
    expect(entra.requests.length).toBeGreaterThan(asked);

    world.pass(5 * minute);
    expect(await failureOf(signIn.token())).toMatchObject({ exitCode: 2, code: "SIGN_IN_UNAVAILABLE" });
    entra.faults.heal("token");
    expect(await signIn.token()).not.toBe(first);
  });

  it("that still holds is no excuse for a refusal", async () => {
    const signIn = app();
    await signIn.token();
    world.pass(56 * minute);
    entra.faults.fail("token", { status: 401, body: { error: "invalid_client", error_codes: [7000222] } });

    expect((await failureOf(signIn.token())).message).toContain("The client secret has expired.");
  });

  it("without an expiry is never renewed by itself", async () => {
    const body = { access_token: "opaque", token_type: "Bearer" };
    entra.faults.fail("token", { status: 200, body });
    const signIn = app();
    await signIn.token();
    world.pass(1e9);

    expect(await signIn.token()).toBe("opaque");
    expect(signIn.account()).toBeUndefined();
  });
});
