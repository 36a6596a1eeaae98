/** Azure CLI's token. Azure CLI is a script here, which writes down how it was started. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { signInTenantId } from "../../support/entra-sign-in.ts";
import { createWorld, failureOf, signInAt, type World } from "./world.ts";

const nowhere = { url: new URL("http://127.0.0.1:9") };
const scope = "api://pfx-gateway/.default";

let world: World;
beforeEach(async () => {
  world = await createWorld({ env: { INTUNE_PFX_PASSWORD: "canary-password", AZURE_CLIENT_SECRET: "canary-secret" } });
});
afterEach(() => world[Symbol.asyncDispose]());

const answering = (answer: Record<string, unknown>): string => `cat <<'END'\n${JSON.stringify(answer)}\nEND`;

function jwt(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(claims)}.signature`;
}

// Azure CLI is a shell script here.
describe.skipIf(process.platform === "win32")("az", () => {
  it("gets Azure CLI's token for the scope and the tenant", async () => {
    const exp = Math.floor(world.nowMs() / 1000) + 4000;
    const token = jwt({ upn: "kim@contoso.example", tid: signInTenantId, exp });
    await world.program("az", answering({ accessToken: token, expires_on: exp, tokenType: "Bearer" }));
    const signIn = signInAt(nowhere, world, { auth: "az" });

    expect(await signIn.token()).toBe(token);
    const args = ["account", "get-access-token", "--output", "json", "--scope", scope, "--tenant", signInTenantId];
    expect(await world.started()).toEqual([args]);
    expect(signIn.account()).toEqual({
      user: "kim@contoso.example",
      tenant: signInTenantId,
      expiresAt: new Date(exp * 1000),
    });
    expect(world.stderr()).toBe("");
  });

  it("leaves the tenant to Azure CLI where none is set, and names each scope", async () => {
    await world.program("az", answering({ accessToken: "opaque" }));
    await signInAt(nowhere, world, { auth: "az", tenant: undefined, scope: "api://a/b api://a/c" }).token();

    expect((await world.started())[0]?.slice(4)).toEqual(["--scope", "api://a/b", "api://a/c"]);
  });

  it("gives Azure CLI none of our secrets", async () => {
    await world.program("az", answering({ accessToken: "opaque" }));
    await signInAt(nowhere, world, { auth: "az" }).token();

    const environments = await world.environments();
    expect(environments).toContain("PATH=");
    expect(environments).not.toContain("canary");
  });

  it("is asked again at renew, and five minutes before the token expires", async () => {
    const seconds = Math.floor(world.nowMs() / 1000) + 3600;
    await world.program("az", answering({ accessToken: "first", expires_on: seconds }));
    const signIn = signInAt(nowhere, world, { auth: "az" });
    expect(await signIn.token()).toBe("first");
    await world.program("az", answering({ accessToken: "second", expires_on: seconds }));
    expect(await signIn.token()).toBe("first");
    await signIn.renew();
    expect(await signIn.token()).toBe("second");
    await world.program("az", answering({ accessToken: "third", expires_on: seconds + 3600 }));
    world.pass(55 * 60_000);
    expect(await signIn.token()).toBe("third");
  });

  it("knows when a token of an older Azure CLI expires", async () => {
    await world.program("az", answering({ accessToken: "opaque", expiresOn: "2026-11-29 15:00:00.000000" }));
    const signIn = signInAt(nowhere, world, { auth: "az" });
    await signIn.token();

    expect(signIn.account()).toEqual({ expiresAt: new Date("2026-11-29T15:00:00") });
  });

  it("starts az.cmd's own Python on Windows, since az.cmd needs a shell", async () => {
    await using windows = await createWorld({ platform: "win32" });
    await windows.program("../python.exe", answering({ accessToken: "opaque" }));
    await windows.program("az.cmd", "");
    const { PATH, ...env } = windows.io.env;
    const io = { ...windows.io, env: { ...env, Path: `"${PATH}"` } };

    expect(await signInAt(nowhere, { ...windows, io }, { auth: "az" }).token()).toBe("opaque");
    expect((await windows.started())[0]?.slice(0, 4)).toEqual(["-IBm", "azure.cli", "account", "get-access-token"]);
  });

  it("says so when az.cmd has no Python beside it", async () => {
    await using windows = await createWorld({ platform: "win32" });
    await windows.program("az.cmd", "");

    expect((await failureOf(signInAt(nowhere, windows, { auth: "az" }).token())).message).toContain("python.exe");
  });

  it("says so when Azure CLI is not there, or only by a relative folder of PATH", async () => {
    await world.program("az", answering({ accessToken: "opaque" }));
    const io = { ...world.io, env: { PATH: `${world.relativeBin}:${world.folder}` } };
    const failure = await failureOf(signInAt(nowhere, { ...world, io }, { auth: "az" }).token());

    expect(failure).toMatchObject({ exitCode: 4, code: "AZ_MISSING", option: "--auth" });
    expect(failure.message).toBe("Azure CLI is not installed, or az is not in PATH.");
  });

  it("says what to run when nobody is signed in", async () => {
    await world.program(
      "az",
      "echo \"ERROR: AADSTS700082: canary. Please run 'az login' to setup account.\" >&2; exit 1",
    );
    const failure = await failureOf(signInAt(nowhere, world, { auth: "az" }).token());

    expect(failure).toMatchObject({ exitCode: 4, code: "AZ_NOT_SIGNED_IN" });
    expect(failure.message).toBe(
      `Azure CLI is not signed in for this (AADSTS700082). Run: az login --tenant ${signInTenantId} --scope ${scope}`,
    );
  });

  it.each([
    ["an error", "echo canary; echo canary >&2; exit 3", "AZ_FAILED"],
    ["something that is no JSON", "echo canary", "AZ_FAILED"],
    ["no token", answering({ canary: "canary" }), "AZ_FAILED"],
    ["a token that no header can hold", answering({ accessToken: "canary with\nline end" }), "AZ_FAILED"],
  ])("shows nothing of what it prints when it answers %s", async (_, script, code) => {
    await world.program("az", script);
    const failure = await failureOf(signInAt(nowhere, world, { auth: "az" }).token());

    expect(failure).toMatchObject({ exitCode: 4, code });
    expect(failure.message).not.toContain("canary");
    expect(world.stderr()).toBe("");
  });

  it("can be aborted, which ends Azure CLI too", async () => {
    const file = (name: string) => join(world.folder, name);
    const onEnd = `trap 'touch "${file("ended")}"; exit' TERM`;
    await world.program("az", `${onEnd}; touch "${file("ready")}"; sleep 30 >/dev/null 2>&1 & wait`);
    const controller = new AbortController();
    const token = signInAt(nowhere, world, { auth: "az" }).token(controller.signal);
    const reason = new Error("interrupted");
    await vi.waitFor(() => access(file("ready")), 10_000);
    controller.abort(reason);

    await expect(token).rejects.toBe(reason);
    await vi.waitFor(() => access(file("ended")), 10_000);
  });

  it("can't answer claims", async () => {
    await world.program("az", answering({ accessToken: "opaque" }));
    const failure = await failureOf(signInAt(nowhere, world, { auth: "az" }).answerClaims("e30="));

    expect(failure).toMatchObject({ exitCode: 4, code: "CLAIMS_CHALLENGE" });
    expect(failure.message).toContain("--auth browser");
  });
});
