/** A token from elsewhere: a file or a variable. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createWorld, failureOf, signInAt, type World } from "./world.ts";

const nowhere = { url: new URL("http://127.0.0.1:9") };

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const fromFile = (tokenFile = "token.txt") => signInAt(nowhere, world, { tokenFile });
const fromVariable = (token: string) => {
  const io = { ...world.io, env: { INTUNE_PFX_TOKEN: token } };
  return signInAt(nowhere, { ...world, io });
};

function jwt(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(claims)}.signature`;
}

const inSeconds = (seconds: number) => world.nowMs() / 1000 + seconds;

describe("token", () => {
  it.each([
    ["as it is", Buffer.from("opaque-token")],
    ["with a line end", Buffer.from("opaque-token\n")],
    ["with a byte order mark and Windows' line end", Buffer.from("\ufeffopaque-token\r\n")],
    ["in UTF-16LE", Buffer.from("\ufeffopaque-token\r\n", "utf16le")],
  ])("is read from a file %s", async (_, content) => {
    await world.write("token.txt", content);
    const signIn = fromFile();

    expect(await signIn.token()).toBe("opaque-token");
    expect(signIn.account()).toBeUndefined();
  });

  it("is taken from INTUNE_PFX_TOKEN; a file goes first", async () => {
    expect(await fromVariable("from-variable").token()).toBe("from-variable");

    await world.write("token.txt", "from-file");
    const io = { ...world.io, env: { INTUNE_PFX_TOKEN: "from-variable" } };
    expect(await signInAt(nowhere, { ...world, io }, { tokenFile: "token.txt" }).token()).toBe("from-file");
  });

  it("is read again at renew, and not before", async () => {
    await world.write("token.txt", "first");
    const signIn = fromFile();
    expect(await signIn.token()).toBe("first");
    await world.write("token.txt", "second");
    expect(await signIn.token()).toBe("first");
    await signIn.renew();
    expect(await signIn.token()).toBe("second");
  });

  it("is read again five minutes before it expires, by its own word", async () => {
    const first = jwt({ exp: inSeconds(3600), upn: "kim@contoso.example" });
    await world.write("token.txt", first);
    const signIn = fromFile();
    await signIn.token();
    const second = jwt({ exp: inSeconds(7200) });
    await world.write("token.txt", second);

    world.pass(3300_000 - 1);
    expect(await signIn.token()).toBe(first);
    world.pass(1);
    expect(await signIn.token()).toBe(second);
    expect(signIn.account()).toEqual({ expiresAt: new Date(world.nowMs() + 3900_000) });
  });

  it("says so when it has expired", async () => {
    await world.write("token.txt", jwt({ exp: inSeconds(0) }));

    expect(await failureOf(fromFile().token())).toMatchObject({
      exitCode: 4,
      code: "TOKEN_EXPIRED",
      option: "--token-file",
      message: "The token in token.txt (--token-file) expired at 2026-11-29T12:00:00.000Z. Put a new one there.",
    });
  });

  it("is used until it expires where no new one is put there", async () => {
    await world.write("token.txt", jwt({ exp: inSeconds(240) }));
    const signIn = fromFile();
    await signIn.token();
    world.pass(239_000);
    expect(await signIn.token()).toMatch(/^ey/);
    world.pass(1000);
    expect(await failureOf(signIn.token())).toMatchObject({ exitCode: 4, code: "TOKEN_EXPIRED" });
  });

  it.each([
    ["a password", "canary pass word"],
    ["two lines", "canary\ncanary\n"],
    ["quotes", '"canary"'],
    ["a scheme", "Bearer canary"],
    ["another alphabet", "canary-ä"],
  ])("can't be a text with %s, and nothing of it is shown", async (_, text) => {
    await world.write("token.txt", text);
    for (const signIn of [fromFile(), fromVariable(text)]) {
      const failure = await failureOf(signIn.token());
      expect(failure).toMatchObject({ exitCode: 64, code: "OPTION_INVALID" });
      expect(failure.message).not.toContain("canary");
    }
  });

  it.each([
    ["does not exist", "nowhere.txt"],
    ["is a folder", "."],
    ["is empty", "empty.txt"],
    ["is neither UTF-8 nor UTF-16 text", "binary.pfx"],
    ["is larger than 256 KiB", "large.txt"],
  ])("a file that %s is exit code 64", async (problem, name) => {
    await world.write("empty.txt", "\r\n");
    await world.write("binary.pfx", new Uint8Array([0x30, 0x82, 0xff, 0xfe, 0x80]));
    await world.write("large.txt", "x".repeat(256 * 1024 + 1));

    expect(await failureOf(fromFile(name).token())).toMatchObject({
      exitCode: 64,
      option: "--token-file",
      message: `${name} (--token-file) ${problem}.`,
    });
  });

  it.each([
    ["preferred_username", { preferred_username: "kim@contoso.example", upn: "other" }, "kim@contoso.example"],
    ["upn", { upn: "kim@contoso.example", name: "Kim" }, "kim@contoso.example"],
    ["unique_name", { unique_name: "kim@contoso.example" }, "kim@contoso.example"],
    ["the application", { appid: "1d", name: undefined }, "application 1d"],
    ["name", { name: "Kim", scp: "Pfx.Read", azp: "1d" }, "Kim"],
    ["no control characters", { upn: "kim\u001b[31m\n@contoso\u202e.example" }, "kim [31m @contoso .example"],
    ["no more than 120 characters", { upn: "k".repeat(500) }, "k".repeat(120)],
    ["nothing that is no text", { upn: 7 }, undefined],
  ])("the account shows %s", async (_, claims, user) => {
    const signIn = fromVariable(jwt({ ...claims, tid: "7e4a4700" }));
    await signIn.token();

    expect(signIn.account()).toEqual({ ...(user !== undefined && { user }), tenant: "7e4a4700" });
  });

  it.each(["a.b.c", "a.bnVsbA.c", "a.W10.c", `a.${Buffer.from('{"exp":1e300}').toString("base64url")}.c`])(
    "%s is as good as opaque",
    async (token) => {
      const signIn = fromVariable(token);

      expect(await signIn.token()).toBe(token);
      expect(signIn.account()).toBeUndefined();
    },
  );
});
