/** The gateway asks for more proof of who signs in. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SignInSettings } from "../../../packages/cli/src/sign-in/sign-in.ts";
import { type EntraSignIn, startEntraSignIn } from "../../support/entra-sign-in.ts";
import { browse, createWorld, failureOf, shownUrl, signInAt, type World } from "./world.ts";

const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
const challenge = Buffer.from(claims).toString("base64");

let entra: EntraSignIn;
let world: World;
beforeEach(async () => {
  entra = await startEntraSignIn(() => world.nowMs());
  world = await createWorld({ env: { AZURE_CLIENT_SECRET: "s", INTUNE_PFX_TOKEN: "t" } });
});
afterEach(async () => {
  await entra[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

describe("claims", () => {
  it.each([
    ["in base64", challenge],
    ["as JSON", claims],
  ])("%s are answered by the browser, with the claims and without the refresh token", async (_, given) => {
    const signIn = signInAt(entra, world, { auth: "browser" });
    const first = signIn.token();
    await browse(await shownUrl(world));
    await first;
    const answered = signIn.answerClaims(given);
    const url = await shownUrl(world, 2);
    await browse(url);
    await answered;

    expect(url.searchParams.get("claims")).toBe(claims);
    expect(url.searchParams.has("prompt")).toBe(false);
    expect(world.stderr()).toContain("more proof of who you are");
    expect(await signIn.token()).not.toBe(await first);
    expect(entra.grants("refresh_token")).toEqual([]);
  });

  it("are answered by device code", async () => {
    const signIn = signInAt(entra, world, { auth: "device-code" });
    const first = await signIn.token();
    await signIn.answerClaims(challenge);

    expect(await signIn.token()).not.toBe(first);
    expect(entra.requests.filter(({ endpoint }) => endpoint === "devicecode").at(-1)?.form.claims).toBe(claims);
    expect(entra.requests.at(-1)?.form.claims).toBe(claims);
  });

  it("that come twice at the same time are answered once, and after what runs", async () => {
    const signIn = signInAt(entra, world, { auth: "device-code" });
    await Promise.all([signIn.token(), signIn.answerClaims(challenge), signIn.answerClaims(challenge)]);

    const asked = entra.requests.filter(({ endpoint }) => endpoint === "devicecode").map(({ form }) => form.claims);
    expect(asked).toEqual([undefined, claims]);
  });

  it.each<[string, Partial<SignInSettings>, boolean]>([
    ["app", { auth: "app" }, true],
    ["token", { auth: "token" }, true],
    ["az", { auth: "az" }, true],
    ["none", { auth: "none" }, true],
    ["device-code with --no-input", { auth: "device-code", noInput: true }, true],
    ["device-code without a terminal", { auth: "device-code" }, false],
  ])("can't be answered with %s", async (_, settings, terminal) => {
    await using there = await createWorld({ terminal, env: { AZURE_CLIENT_SECRET: "s", INTUNE_PFX_TOKEN: "t" } });
    const failure = await failureOf(signInAt(entra, there, settings).answerClaims(challenge));

    expect(failure).toMatchObject({ exitCode: 4, code: "CLAIMS_CHALLENGE", option: "--auth" });
    expect(entra.requests).toEqual([]);
  });

  it.each(["", "not base64 of JSON", Buffer.from("[]").toString("base64"), "{broken"])(
    "that can't be read are refused: %j",
    async (given) => {
      const signIn = signInAt(entra, world, { auth: "device-code" });
      expect(await failureOf(signIn.answerClaims(given))).toMatchObject({ exitCode: 4, code: "CLAIMS_CHALLENGE" });
    },
  );
});
