import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { ConfigError } from "../../src/config/read-env.ts";
import { startAtTokenSource } from "../support/token-source.ts";

const folder = mkdtempSync(join(tmpdir(), "secrets-"));
afterAll(() => rmSync(folder, { recursive: true }));

let written = 0;
function fileWith(content: string | Buffer): string {
  const path = join(folder, `${written++}`);
  writeFileSync(path, content);
  return path;
}

const identity = {
  AUTH_MODE: "app",
  AZURE_TENANT_ID: "7e4a4700-0000-4000-8000-000000000001",
  AZURE_CLIENT_ID: "c11e4700-0000-4000-8000-000000000001",
};
/** What else the variable needs, and a value that begins and ends with visible characters. */
const secrets = {
  AZURE_CLIENT_SECRET: [identity, "canary~s.e-c_ret"],
  ROUTER_SECRET: [{ AUTH_MODE: "passthrough" }, "canary-secret"],
  REDIS_URL: [{ AUTH_MODE: "passthrough" }, "redis://:canary@redis:6379/0"],
} as const;
const names = ["AZURE_CLIENT_SECRET", "ROUTER_SECRET", "REDIS_URL"] as const;
type Name = (typeof names)[number];

/** The secret that is read, or the problems. */
function read(name: Name, given: Record<string, string>): string | undefined | readonly string[] {
  try {
    const { identity, routerSecret, redisUrl } = readConfig({ ...secrets[name][0], ...given });
    const credential = identity?.credential;
    if (name === "AZURE_CLIENT_SECRET") return credential?.kind === "secret" ? credential.secret : undefined;
    return name === "ROUTER_SECRET" ? routerSecret : redisUrl;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const utf16be = (text: string) => Buffer.from(text, "utf16le").swap16();

describe.each(names)("the file of %s", (name) => {
  const [, secret] = secrets[name];
  const file = `${name}_FILE`;

  it.each([
    ["as it is", secret],
    ["with a line end", `${secret}\n`],
    ["with a line end of Windows", `${secret}\r\n`],
    ["with a byte order mark", `\uFEFF${secret}\n`],
    ["in UTF-16, little endian", Buffer.from(`\uFEFF${secret}\r\n`, "utf16le")],
    ["in UTF-16, big endian", utf16be(`\uFEFF${secret}\n`)],
  ])("may have the secret %s", (_, content) => {
    expect(read(name, { [file]: fileWith(content) })).toBe(secret);
  });

  it.each([
    ["UTF-16 without a byte order mark", Buffer.from(secret, "utf16le")],
    ["UTF-16, big endian, without a byte order mark", utf16be(secret)],
    ["UTF-16 with half a character", Buffer.from(`\uFEFF${secret}`, "utf16le").subarray(0, -1)],
    ["Latin-1", Buffer.from(`${secret}ü`, "latin1")],
    ["bytes", Buffer.from([0x80, 0x81, 0xfe, 0xff])],
  ])("must not be %s", (_, content) => {
    expect(read(name, { [file]: fileWith(content) })).toEqual([
      `${file}: must name a file in UTF-8, or in UTF-16 with a byte order mark`,
    ]);
  });

  it.each(["", "\n", "\uFEFF", " \r\n"])("must not be empty: %j", (content) => {
    expect(read(name, { [file]: fileWith(content) })).toEqual([`${file}: must name a file that is not empty`]);
  });
});

describe.each(names)("%s, given in a way that is wrong twice,", (name) => {
  const file = `${name}_FILE`;
  const [, secret] = secrets[name];

  it.each([
    ["as a variable and in a file", { [name]: secret, [file]: fileWith(secret) }, name],
    ["as a variable and in a file that can't be read", { [name]: secret, [file]: "/nowhere" }, name],
    ["as a variable and in an empty file", { [name]: secret, [file]: fileWith("") }, name],
    ["as a broken variable and in a broken file", { [name]: "\u200B", [file]: fileWith("\u200B") }, name],
    ["in a file that can't be read", { [file]: "/nowhere" }, file],
    ["in a file with a hidden character", { [file]: fileWith(`${secret}\t`) }, name],
  ])("is one problem: %s", (_, given, named) => {
    expect(read(name, given)).toEqual([expect.stringMatching(new RegExp(`^${named}(?:_FILE)?: must `))]);
  });

  it("may be empty in the one way and given in the other", () => {
    expect(read(name, { [name]: "", [file]: fileWith(secret) })).toBe(secret);
    expect(read(name, { [name]: secret, [file]: "" })).toBe(secret);
  });
});

const hidden: [string, string][] = [
  ["\n", "a line end"],
  ["\r\n", "a line end"],
  ["\u2028", "a line end"],
  ["\t", "a tab"],
  ["\u0007", "a control character"],
  ["\u200B", "an invisible character"],
  ["\u200E", "an invisible character"],
  ["\u00AD", "an invisible character"],
  ["\u2060", "an invisible character"],
  ["\u3164", "an invisible character"],
  ["\u00A0", "a special space"],
  ["\u3000", "a special space"],
  ["\uFFFD", "a character that could not be read"],
];

describe.each(names)("%s", (name) => {
  const [, secret] = secrets[name];
  const half = secret.length - 3;

  it.each(hidden)("must not have %j in it, and the problem says what and where", (character, kind) => {
    const places: [string, string][] = [
      ["at its start", character + secret],
      ["at its end", secret + character],
      ["inside", secret.slice(0, half) + character + secret.slice(half)],
    ];
    for (const [place, value] of places) {
      const problems = read(name, { [name]: value });
      expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
      expect(String(problems)).not.toContain("canary");
      expect(String(problems)).not.toContain(character);
      const isNoUrl = String(problems).includes("must be a URL"); // then that rule is broken first
      if (!isNoUrl) expect(String(problems)).toContain(`${kind} ${place}`);
    }
  });

  it("must not have a second line end in a file, or a space at an end", () => {
    for (const [content, found] of [
      [`${secret}\n\n`, "a line end at its end"],
      [`${secret}\r\n\n`, "a line end at its end"],
      [`${secret} \n`, "a space at its end"],
      [` ${secret}`, "a space at its start"],
      [`${secret.slice(0, half)}\n${secret.slice(half)}`, "a line end inside"],
    ] as const) {
      const problems = read(name, { [`${name}_FILE`]: fileWith(content) });
      expect(problems).toEqual([expect.stringContaining(name)]);
      expect(String(problems)).toContain(found);
      expect(String(problems)).not.toContain("canary");
    }
  });
});

describe("AZURE_CLIENT_SECRET", () => {
  it("is sent as it stands in a file that an editor wrote", async () => {
    const probe = await startAtTokenSource("Entra (app)");
    const { clientSecret } = probe.provider;
    await probe[Symbol.asyncDispose]();
    const path = fileWith(Buffer.from(`\uFEFF${clientSecret}\r\n`, "utf16le"));
    const credential = readConfig({ ...identity, AZURE_CLIENT_SECRET_FILE: path }).identity?.credential;
    await using here = await startAtTokenSource("Entra (app)", {}, credential);

    expect((await here.list()).errors).toBeUndefined();

    expect(here.provider.token.requests[0]?.form.client_secret).toBe(clientSecret);
  });

  it("may have spaces and letters of any language inside", () => {
    expect(read("AZURE_CLIENT_SECRET", { AZURE_CLIENT_SECRET: "Zwölf Boxkämpfer" })).toBe("Zwölf Boxkämpfer");
  });
});

describe("AZURE_FEDERATED_TOKEN_FILE", () => {
  const path = "AZURE_FEDERATED_TOKEN_FILE";

  it("must have one token", () => {
    expect(read("AZURE_CLIENT_SECRET", { [path]: fileWith("one.canary.token\ntwo.canary.token\n") })).toEqual([
      `${path}: must name a file with one token: it has a line end inside`,
    ]);
    expect(read("AZURE_CLIENT_SECRET", { [path]: fileWith(Buffer.from("a.b.c", "utf16le")) })).toEqual([
      `${path}: must name a file in UTF-8, or in UTF-16 with a byte order mark`,
    ]);
  });

  it("whose token is gone is the operator's to mend, and the log says why", async () => {
    const file = fileWith("a.federated.token");
    await using here = await startAtTokenSource("Entra (app)", {}, { kind: "federated", path: file });
    rmSync(file);
    const missing = await here.list();
    writeFileSync(file, "\n");
    const empty = await here.list();

    for (const { errors } of [missing, empty]) {
      expect(errors?.[0]?.extensions).toEqual({ code: "UPSTREAM_MISCONFIGURED" });
    }
    expect(here.failures()).toMatchObject([{ reason: "ENOENT" }, { reason: "NO_TOKEN_IN_FILE" }]);
    expect(here.asked()).toBe(0);
  });
});
