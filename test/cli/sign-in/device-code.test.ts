/** Signing in by device code. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EntraSignIn, signInUser, startEntraSignIn } from "../../support/entra-sign-in.ts";
import { createWorld, failureOf, signInAt, type World } from "./world.ts";

let entra: EntraSignIn;
let world: World;
beforeEach(async () => {
  world = await createWorld();
  entra = await startEntraSignIn(world.nowMs);
});
afterEach(async () => {
  await entra[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const polls = () => entra.grants("urn:ietf:params:oauth:grant-type:device_code");

describe("device-code", () => {
  it("shows the code and the address, and polls until somebody has signed in", async () => {
    entra.settings.devicePolls = ["authorization_pending", "authorization_pending"];
    const signIn = signInAt(entra, world, { auth: "device-code" });

    expect(await signIn.token()).toMatch(/^ey/);
    expect(world.stderr()).toBe("To sign in, open https://microsoft.com/devicelogin and enter the code ABCD1234\n");
    expect(world.waits).toEqual([5000, 5000, 5000]);
    expect(polls()).toHaveLength(3);
    expect(entra.requests[0]?.form.scope).toBe("api://pfx-gateway/.default offline_access");
    expect(signIn.account()?.user).toBe(signInUser);
  });

  it("polls more slowly from then on when it is told to", async () => {
    entra.settings.devicePolls = ["slow_down", "authorization_pending", "slow_down"];
    await signInAt(entra, world, { auth: "device-code" }).token();

    expect(world.waits).toEqual([5000, 10_000, 10_000, 15_000]);
  });

  it("works without a terminal and with --no-input", async () => {
    await using there = await createWorld({ terminal: false });
    const signIn = signInAt(entra, there, { auth: "device-code", noInput: true });

    expect(await signIn.token()).toMatch(/^ey/);
    expect(there.stderr()).toContain("ABCD1234");
  });

  it.each(["authorization_declined", "access_denied"])("ends at %s", async (error) => {
    entra.settings.devicePolls = [error];
    const failure = await failureOf(signInAt(entra, world, { auth: "device-code" }).token());

    expect(failure).toMatchObject({ exitCode: 4, code: "SIGN_IN_FAILED", message: "The sign-in was declined." });
  });

  it("ends when the code has expired, by the authority's word or by the clock", async () => {
    entra.settings.devicePolls = ["expired_token"];
    const byWord = await failureOf(signInAt(entra, world, { auth: "device-code" }).token());
    expect(byWord).toMatchObject({ exitCode: 4, code: "SIGN_IN_TIMEOUT" });

    entra.settings.devicePolls = Array(1000).fill("authorization_pending");
    const byClock = await failureOf(signInAt(entra, world, { auth: "device-code" }).token());
    expect(byClock).toMatchObject({ code: "SIGN_IN_TIMEOUT", message: "Nobody signed in within 15 minutes." });
    expect(polls()).toHaveLength(1 + 179);
  });

  it("never waits longer than 15 minutes", async () => {
    entra.settings.deviceSeconds = 1_000_000;
    entra.settings.devicePolls = Array(1000).fill("authorization_pending");
    const failure = await failureOf(signInAt(entra, world, { auth: "device-code" }).token());

    expect(failure.message).toBe("Nobody signed in within 15 minutes.");
  });

  it("says what the authority refuses", async () => {
    entra.faults.fail("devicecode", {
      status: 401,
      headers: { "www-authenticate": 'Bearer realm="x"' },
      body: { error: "invalid_client", error_description: "AADSTS7000218: canary", error_codes: [7000218] },
    });
    const { message } = await failureOf(signInAt(entra, world, { auth: "device-code" }).token());

    expect(message).toBe(
      "Microsoft Entra refused the sign-in (AADSTS7000218, invalid_client).\nThe app registration must allow public client flows.",
    );
  });

  it("shows no control characters of the authority's", async () => {
    const body = { device_code: "d", user_code: "A\u001b[2JB", verification_uri: "https://e\u0007/", expires_in: 6 };
    entra.faults.fail("devicecode", { status: 200, body });
    await failureOf(signInAt(entra, world, { auth: "device-code" }).token());

    expect(world.stderr()).toBe("To sign in, open https://e/ and enter the code A[2JB\n");
  });

  it("ends when it is aborted", async () => {
    const controller = new AbortController();
    entra.settings.devicePolls = Array(1000).fill("authorization_pending");
    const token = signInAt(entra, world, { auth: "device-code" }).token(controller.signal);
    const reason = new Error("interrupted");
    setTimeout(() => controller.abort(reason), 20);

    await expect(token).rejects.toBe(reason);
    const before = polls().length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(polls().length - before).toBeLessThanOrEqual(1);
  });
});
