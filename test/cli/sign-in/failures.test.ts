/** The authority can't be reached, is busy, or is not what it should be. */
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type EntraSignIn, startEntraSignIn } from "../../support/entra-sign-in.ts";
import { createWorld, failureOf, signInAt, type World } from "./world.ts";

let entra: EntraSignIn;
let world: World;
beforeEach(async () => {
  entra = await startEntraSignIn(() => world.nowMs());
  world = await createWorld({ env: { AZURE_CLIENT_SECRET: entra.credentials.clientSecret } });
});
afterEach(async () => {
  vi.useRealTimers();
  await entra[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const app = () => signInAt(entra, world, { auth: "app" });

/** A sign-in whose network fails with that code, hidden as `fetch` hides it. */
function failingWith(code: string) {
  return signInAt(entra, world, { auth: "app", authorityUrl: undefined }, async () => {
    throw new TypeError("fetch failed canary", { cause: Object.assign(new Error("canary"), { code }) });
  });
}

describe("a token request", () => {
  it.each([429, 500, 503, 504])("that is answered %d is sent again, with longer and longer waits", async (status) => {
    entra.faults.fail("token", { status }, 3);

    expect(await app().token()).toMatch(/^ey/);
    expect(world.waits).toEqual([1000, 2000, 4000]);
  });

  it("is sent again as the authority says, but not after more than a minute", async () => {
    const date = new Date(world.nowMs() + 12_000).toUTCString();
    entra.faults.fail("token", { status: 429, headers: { "retry-after": "7" } });
    entra.faults.fail("token", { status: 503, headers: { "retry-after": "99999" } });
    await app().token();
    entra.faults.fail("token", { status: 503, headers: { "retry-after": date } });
    await app().token();

    expect(world.waits.slice(0, 2)).toEqual([7000, 60_000]);
    expect(world.waits[2]).toBeGreaterThanOrEqual(1000);
  });

  it("is sent again when the connection breaks", async () => {
    entra.faults.fail("token", { instead: "cut" }, 2);

    expect(await app().token()).toMatch(/^ey/);
    expect(world.waits).toEqual([1000, 2000]);
  });

  it("is not sent for ever", async () => {
    entra.faults.fail("token", { status: 503 }, "always");
    const failure = await failureOf(app().token());

    expect(failure).toMatchObject({ exitCode: 2, code: "SIGN_IN_UNAVAILABLE" });
    expect(failure.message).toBe(`${entra.url.host} is busy or out of order. Try again later.`);
    expect(entra.requests).toHaveLength(4);
  });

  it("that is refused is not sent again", async () => {
    entra.faults.fail("token", { status: 400, body: { error: "invalid_scope", error_codes: [70011] } });

    expect((await failureOf(app().token())).message).toContain("AADSTS70011, invalid_scope");
    expect(entra.requests).toHaveLength(1);
  });

  it.each(["hang", "stall"] as const)("ends after 30 seconds where the authority does %s", async (instead) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
    entra.faults.fail("token", { instead, status: 200 });
    const failed = failureOf(app().token());
    await vi.waitFor(() => expect(entra.requests).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(30_000);

    expect(await failed).toMatchObject({
      exitCode: 2,
      message: `${entra.url.host} does not answer within 30 s. Does this network need a proxy (HTTPS_PROXY)?`,
    });
  });

  it("can be aborted while it waits to be sent again", async () => {
    const controller = new AbortController();
    const reason = new Error("interrupted");
    entra.faults.fail("token", { status: 503 }, "always");
    const io = { ...world.io, wait: async () => controller.abort(reason) };
    const token = signInAt(entra, { ...world, io }, { auth: "app" }).token(controller.signal);

    await expect(token).rejects.toBe(reason);
    expect(entra.requests).toHaveLength(1);
  });
});

describe("an answer", () => {
  it.each([
    ["a login page", { status: 200, headers: { "content-type": "text/html" }, body: "<html>canary" }],
    ["a redirect", { status: 302, headers: { location: "https://portal.example/canary" } }],
    ["no token", { status: 200, body: { token_type: "Bearer", canary: "canary" } }],
    ["another kind of token", { status: 200, body: { token_type: "mac", access_token: "canary" } }],
    ["an error without a code", { status: 403, body: { message: "canary" } }],
    ["nothing", { status: 204, body: "" }],
    ["far too much", { status: 200, body: { token_type: "Bearer", access_token: "canary".repeat(50_000) } }],
    ["no object", { status: 200, body: '["canary"]' }],
  ])("that is %s is none of Entra's", async (_, fault) => {
    entra.faults.fail("token", fault);
    const failure = await failureOf(app().token());

    expect(failure).toMatchObject({ exitCode: 2, code: "SIGN_IN_UNAVAILABLE" });
    expect(failure.message).toMatch(/^127\.0\.0\.1:\d+ does not answer as Microsoft Entra does\. Is a proxy/);
    expect(failure.message).not.toContain("canary");
    expect(entra.requests).toHaveLength(1);
  });

  it("with a token that no header can hold is refused", async () => {
    entra.faults.fail("token", { status: 200, body: { token_type: "Bearer", access_token: "canary\r\nx: y" } });
    const failure = await failureOf(app().token());

    expect(failure).toMatchObject({ exitCode: 4, code: "SIGN_IN_FAILED" });
    expect(failure.message).not.toContain("canary");
  });

  it("with an error that is no OAuth error is shown by number only", async () => {
    const body = { error: "canary with spaces", error_description: "AADSTS50034: canary does not exist" };
    entra.faults.fail("token", { status: 400, body });

    expect((await failureOf(app().token())).message).toBe(
      "Microsoft Entra refused the sign-in (AADSTS50034, unknown_error).",
    );
  });
});

describe("a network failure", () => {
  it.each([
    ["ENOTFOUND", 2, "login.microsoftonline.com can't be found (DNS). Is the VPN on?"],
    ["EAI_AGAIN", 2, "login.microsoftonline.com can't be found, since no name server (DNS) answers."],
    ["ECONNREFUSED", 2, "login.microsoftonline.com refuses the connection."],
    ["ECONNRESET", 2, "login.microsoftonline.com ends the connection instead of answering."],
    ["UND_ERR_CONNECT_TIMEOUT", 2, "login.microsoftonline.com does not answer."],
    ["ENETUNREACH", 2, "login.microsoftonline.com can't be reached from this network. Is the VPN on?"],
    ["CERT_HAS_EXPIRED", 4, "login.microsoftonline.com shows a certificate that is not valid now."],
    ["ERR_TLS_CERT_ALTNAME_INVALID", 4, "login.microsoftonline.com shows a certificate for another name."],
    ["SELF_SIGNED_CERT_IN_CHAIN", 4, "NODE_EXTRA_CA_CERTS"],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", 4, "NODE_EXTRA_CA_CERTS"],
    ["ESOMETHING", 2, "login.microsoftonline.com can't be reached (ESOMETHING)."],
    ["canary code", 2, "login.microsoftonline.com can't be reached."],
  ])("%s has exit code %d and says: %s", async (code, exitCode, text) => {
    const failure = await failureOf(failingWith(code).token());

    expect(failure.exitCode).toBe(exitCode);
    expect(failure.message).toContain(text);
    expect(failure.message).not.toMatch(/canary|\n {4}at /);
    expect(failure.cause).toBeUndefined();
  });

  it("is understood from a closed port", async () => {
    const port = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const address = server.address();
        server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
      });
    });
    const closed = { url: new URL(`http://127.0.0.1:${port}`) };

    expect((await failureOf(signInAt(closed, world, { auth: "app" }).token())).message).toContain(
      "refuses the connection",
    );
  });

  it("is understood from a certificate that nobody trusts", async () => {
    const secure = { url: entra.secureUrl };
    const failure = await failureOf(signInAt(secure, world, { auth: "app" }).token());

    expect(failure).toMatchObject({ exitCode: 4, code: "SIGN_IN_TLS" });
    expect(failure.message).toMatch(/shows a certificate that Node\.js \d+ does not trust\. .*NODE_EXTRA_CA_CERTS/);
  });
});
