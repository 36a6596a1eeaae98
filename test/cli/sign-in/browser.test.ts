/** Signing in by browser: authorization code with PKCE to a port of this machine. */
import { request as httpRequest } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type EntraSignIn,
  signInClientId,
  signInTenantId,
  signInUser,
  startEntraSignIn,
} from "../../support/entra-sign-in.ts";
import { browse, createWorld, failureOf, shownUrl, signInAt, type World } from "./world.ts";

let entra: EntraSignIn;
let world: World;
beforeEach(async () => {
  world = await createWorld();
  entra = await startEntraSignIn(world.nowMs);
});
afterEach(async () => {
  vi.useRealTimers();
  await entra[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** The status of a request to the port that waits for the browser. */
async function statusOf(url: URL, init: RequestInit = {}): Promise<number> {
  return (await fetch(url, init)).status;
}

const redirectUriOf = (url: URL): URL => new URL(url.searchParams.get("redirect_uri") ?? "");

describe("browser", () => {
  it("signs in with a code, PKCE and a state", async () => {
    const signIn = signInAt(entra, world);
    const token = signIn.token();
    const url = await shownUrl(world);
    const page = await browse(url);

    expect(await token).toMatch(/^ey/);
    expect(page).toContain("You can close this window");
    expect(url.href.startsWith(`${entra.url.origin}/${signInTenantId}/oauth2/v2.0/authorize?`)).toBe(true);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: signInClientId,
      response_type: "code",
      scope: "api://pfx-gateway/.default offline_access",
      code_challenge_method: "S256",
      prompt: "select_account",
    });
    expect(url.searchParams.get("redirect_uri")).toMatch(/^http:\/\/localhost:\d+$/);
    expect(url.searchParams.get("state")).toMatch(/^[\w-]{43}$/);
    expect(url.searchParams.get("code_challenge")).toMatch(/^[\w-]{43}$/);
    const [redeemed] = entra.grants("authorization_code");
    expect(redeemed?.form.redirect_uri).toBe(url.searchParams.get("redirect_uri"));
    expect(redeemed?.form.client_secret).toBeUndefined();
    expect(redeemed?.headers.origin).toBeUndefined();
    expect(signIn.account()).toEqual({
      user: signInUser,
      tenant: signInTenantId,
      expiresAt: new Date(world.nowMs() + 3600_000),
    });
  });

  it("uses another state and another challenge each time", async () => {
    const signIn = signInAt(entra, world);
    entra.settings.refreshTokens = false;
    const first = signIn.token();
    await browse(await shownUrl(world));
    await first;
    const second = signIn.renew();
    await browse(await shownUrl(world, 2));
    await second;

    const [one, two] = entra.requests.filter(({ endpoint }) => endpoint === "authorize").map(({ form }) => form);
    expect(one?.state).not.toBe(two?.state);
    expect(one?.code_challenge).not.toBe(two?.code_challenge);
  });

  it("asks for no ID token, which nobody would read", async () => {
    const token = signInAt(entra, world, { scope: "openid api://pfx-gateway/.default" }).token();
    const url = await shownUrl(world);
    await browse(url);
    await token;

    expect(url.searchParams.get("scope")).toBe("api://pfx-gateway/.default offline_access");
  });

  it("waits on when something else comes to its port, which it closes in the end", async () => {
    const signIn = signInAt(entra, world);
    const token = signIn.token();
    const url = await shownUrl(world);
    const callback = redirectUriOf(url);
    const state = url.searchParams.get("state") ?? "";

    expect(await statusOf(new URL("/favicon.ico", callback))).toBe(404);
    expect(await statusOf(new URL("/?code=stolen&state=wrong", callback))).toBe(404);
    expect(await statusOf(new URL("/?code=stolen", callback))).toBe(404);
    expect(await statusOf(new URL("/?error=access_denied&state=wrong", callback))).toBe(404);
    expect(await statusOf(new URL(`/?code=posted&state=${state}`, callback), { method: "POST" })).toBe(404);
    await browse(url);

    expect(await token).toMatch(/^ey/);
    expect(entra.grants("authorization_code")).toHaveLength(1);
    await expect(fetch(callback)).rejects.toThrow(); // the port is closed
  });

  it("refuses a second answer with the right state", async () => {
    const signIn = signInAt(entra, world);
    const token = signIn.token();
    const url = await shownUrl(world);
    const redirect = (await fetch(url, { redirect: "manual" })).headers.get("location") ?? "";
    const answers = Array.from({ length: 2 }, () => {
      return new Promise<number | undefined>((resolve) => {
        httpRequest(redirect, (response) => resolve(response.resume().statusCode))
          .on("error", () => resolve(undefined))
          .end();
      });
    });
    const statuses = await Promise.all(answers);
    await token;

    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(entra.grants("authorization_code")).toHaveLength(1);
  });

  it("answers a page that no other page can frame, cache or learn the code from", async () => {
    const token = signInAt(entra, world).token();
    const redirect = (await fetch(await shownUrl(world), { redirect: "manual" })).headers.get("location") ?? "";
    const { headers } = await fetch(redirect);
    await token;

    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  it.each([
    ["linux", "xdg-open", (url: string) => [url]],
    ["darwin", "open", (url: string) => [url]],
    ["win32", "../System32/rundll32.exe", (url: string) => ["url.dll,FileProtocolHandler", url]],
  ] as const)("opens the browser on %s without a shell", async (platform, program, expected) => {
    await using there = await createWorld({ platform, env: { INTUNE_PFX_ROUTER_SECRET: "canary" } });
    const io = { ...there.io, env: { ...there.io.env, systemroot: there.folder } };
    await there.program(program, "");
    const token = signInAt(entra, { ...there, io }).token();
    const url = await shownUrl(there);
    await browse(url);
    await token;

    await vi.waitFor(async () => expect(await there.started()).toEqual([expected(url.href)]), 10_000);
    await vi.waitFor(async () => expect(await there.environments()).toContain("PATH="), 10_000);
    expect(await there.environments()).not.toContain("canary");
  });

  it("does not start a program of a relative folder in PATH", async () => {
    await world.program("xdg-open", "");
    const io = { ...world.io, env: { ...world.io.env, PATH: world.relativeBin } };
    const token = signInAt(entra, { ...world, io }).token();
    await browse(await shownUrl(world));
    await token;

    expect(await world.started()).toEqual([]);
  });

  it("says what the authority refused by its number, without the description", async () => {
    entra.settings.authorizationError = {
      error: "access_denied",
      description: "AADSTS65004: User declined to consent to access the app. canary",
    };
    const failed = failureOf(signInAt(entra, world).token());
    const page = await browse(await shownUrl(world));
    const { exitCode, code, message } = await failed;

    expect({ exitCode, code }).toEqual({ exitCode: 4, code: "SIGN_IN_FAILED" });
    expect(message).toBe(
      "Microsoft Entra refused the sign-in (AADSTS65004, access_denied).\nThe consent was declined.",
    );
    expect(page).toContain("did not succeed");
  });

  it("says so when the code is refused", async () => {
    entra.faults.fail("token", {
      status: 400,
      body: { error: "invalid_grant", error_description: "AADSTS9002327: canary", error_codes: [9002327] },
    });
    const failed = failureOf(signInAt(entra, world).token());
    await browse(await shownUrl(world));

    expect((await failed).message).toMatch(
      /\(AADSTS9002327, invalid_grant\)\.\nThe app registration must have a redirect/,
    );
  });

  it("refuses an answer with two codes", async () => {
    const failed = failureOf(signInAt(entra, world).token());
    const redirect = (await fetch(await shownUrl(world), { redirect: "manual" })).headers.get("location") ?? "";
    await fetch(`${redirect}&code=another`);

    expect(await failed).toMatchObject({ exitCode: 2, code: "SIGN_IN_UNAVAILABLE" });
    expect(entra.grants("authorization_code")).toEqual([]);
  });

  it("ends after five minutes, and closes its port", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
    const failed = failureOf(signInAt(entra, world).token());
    const callback = redirectUriOf(await shownUrl(world));
    await vi.advanceTimersByTimeAsync(5 * 60_000 - 1000);
    expect(await statusOf(new URL("/x", callback))).toBe(404);
    await vi.advanceTimersByTimeAsync(1000);

    expect(await failed).toMatchObject({ exitCode: 4, code: "SIGN_IN_TIMEOUT" });
    await expect(fetch(callback)).rejects.toThrow();
  });

  it("ends when it is aborted, with the signal's reason", async () => {
    const controller = new AbortController();
    const token = signInAt(entra, world).token(controller.signal);
    const callback = redirectUriOf(await shownUrl(world));
    const reason = new Error("interrupted");
    controller.abort(reason);

    await expect(token).rejects.toBe(reason);
    await vi.waitFor(() => expect(fetch(callback)).rejects.toThrow());
  });
});
