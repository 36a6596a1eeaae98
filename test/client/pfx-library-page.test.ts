/** `docs/pfx-library.md` and the package's README: their examples run, and their tables are complete. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { inspectPfx } from "intune-pfx-client";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alias } from "../../vitest.config.ts";
import { startGateway } from "../support/gateway.ts";
import { decryptPassword, vectors } from "./vectors.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const page = read("docs/pfx-library.md");
const readme = read("packages/client/README.md");
const examples = "examples/pfx-library";
const vectorPath = (path: string) => join(root, "test/client/vectors", path);
const thumbprint = vectors.find(({ file }) => file === "o30-default.pfx")?.expect?.thumbprint;

const programs = mkdtempSync(join(tmpdir(), "examples-"));
afterAll(() => rmSync(programs, { recursive: true }));

/** Puts a module and the library's sources into one file, since the package that it imports is not built here. */
async function bundle(name: string, code: string): Promise<string> {
  const entry = join(root, examples, name);
  const pick = (id: string) => (id === entry ? id : undefined);
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    resolve: { alias },
    ssr: { noExternal: true },
    plugins: [{ name: "given-code", resolveId: pick, load: (id) => (id === entry ? code : undefined) }],
    build: { ssr: entry, target: "node20", outDir: join(programs, name), emptyOutDir: true },
  });
  const [program = ""] = readdirSync(join(programs, name)).filter(
    (file) => file.endsWith(".js") || file.endsWith(".mjs"),
  );
  return join(programs, name, program);
}

interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

async function run(program: string, args: string[], env: Record<string, string>, cwd = programs): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { exitCode: await ended, output, errors };
}

/** What answers the first request with `THROTTLED`, and hands all others on. */
async function throttlingProxy(gatewayUrl: string) {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    bodies.push(body);
    const extensions = { code: "THROTTLED", retryAfterSeconds: 0.01 };
    if (bodies.length === 1) return response.end(JSON.stringify({ errors: [{ message: "Later.", extensions }] }));
    const headers = {
      "content-type": "application/json",
      authorization: String(request.headers.authorization),
    };
    return response.end(await (await fetch(gatewayUrl, { method: "POST", headers, body })).text());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : address}/graphql`,
    bodies,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

describe("the page of the PFX library", () => {
  it("shows the examples as they are", () => {
    const shown = [...page.matchAll(/^\[`(examples\/[^`]+)`\]\(\.\.\/\1\):\n\n```\w+\n([\s\S]*?)```$/gm)].map(
      ([, path = "", code]) => [path, code],
    );
    const files = readdirSync(join(root, examples), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll("\\", "/"));
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(files.map((path) => [path, read(path)])));
  });

  it.each([
    ["error code", "pfx-error.ts", /type PfxErrorCode =([\s\S]*?);/, /"(\w+)"/g, "Errors"],
    ["warning", "warnings.ts", /type PfxWarningCode =([\s\S]*?);/, /"(\w+)"/g, "Warnings"],
    ["option", "options.ts", /interface OpenPfxOptions([\s\S]*?)\n}\n\nexport type/, /readonly (\w+)\??:/g, "Options"],
  ] as const)("lists every %s, and no other", (_, file, type, member, section) => {
    const source = type.exec(read(`packages/client/src/${file}`))?.[1] ?? "";
    const members = [...source.matchAll(member)].map(([, name]) => name);
    const rows = new RegExp(`\n## ${section}\n([\\s\\S]*?)\n## `).exec(page)?.[1] ?? "";
    const listed = [...rows.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, names = ""]) =>
      names.replaceAll("`", "").split(", "),
    );
    expect(members.length).toBeGreaterThan(10);
    expect(listed.sort()).toEqual(members.sort());
  });
});

describe("the example for Node.js", () => {
  let program: string;
  beforeAll(async () => {
    program = await bundle("node.mjs", read(`${examples}/node.mjs`));
  }, 60_000);
  const anna = vectorPath("pfx/o30-default.pfx");

  function importFile(path: string, gatewayUrl: string, password: Record<string, string>): Promise<Ended> {
    return run(program, [path], {
      GATEWAY_URL: gatewayUrl,
      GATEWAY_TOKEN: "caller-token",
      CONNECTOR_KEY_FILE: vectorPath("keys/connector.rsapublicblob"),
      CONNECTOR_KEY_NAME: "PFXEncryptionKey",
      ...password,
    });
  }

  it("imports a file, so that whoever has the connector's private key can open it", async () => {
    await using gateway = await startGateway();

    const { exitCode, output, errors } = await importFile(anna, gateway.url, { PFX_PASSWORD: "Passw0rd!" });

    const [record, ...others] = gateway.emulator.records;
    expect(others).toEqual([]);
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: `user1@contoso.example: ${record?.id}\n` });
    expect(errors).toMatch(/^warning DUAL_USE: /);
    const password = decryptPassword(String(record?.encryptedPfxPassword), "OAEP_SHA512");
    const { certificates } = await inspectPfx(Buffer.from(String(record?.encryptedPfxBlob), "base64"), password);
    expect(certificates).toMatchObject([{ thumbprint, hasPrivateKey: true }]);
  });

  it("takes the password from a file, and says the same of what is there already", async () => {
    await using gateway = await startGateway();
    const passwordFile = join(programs, "password");
    writeFileSync(passwordFile, "Passw0rd!\r\n");

    const first = await importFile(anna, gateway.url, { PFX_PASSWORD_FILE: passwordFile });
    const second = await importFile(anna, gateway.url, { PFX_PASSWORD_FILE: passwordFile });

    expect(first.exitCode).toBe(0);
    expect(second).toEqual(first);
    expect(gateway.emulator.records).toHaveLength(1);
  });

  it("sends the very same input again where the gateway asks for it", async () => {
    await using gateway = await startGateway();
    await using proxy = await throttlingProxy(gateway.url);

    const { exitCode } = await importFile(anna, proxy.url, { PFX_PASSWORD: "Passw0rd!" });

    expect(exitCode).toBe(0);
    expect(proxy.bodies).toHaveLength(2);
    expect(proxy.bodies[1]).toBe(proxy.bodies[0]);
    expect(gateway.emulator.records).toHaveLength(1);
  });

  it("says what is wrong with a file, and sends nothing", async () => {
    await using gateway = await startGateway();

    const ended = await importFile(anna, gateway.url, { PFX_PASSWORD: "wrong" });

    expect(ended).toEqual({
      exitCode: 1,
      output: "",
      errors: `${anna}: the password does not open this file, or the file is damaged (WRONG_PASSWORD)\n`,
    });
    expect(gateway.emulator.requests).toEqual([]);
  });
});

describe("the package's README", () => {
  it("has an example that runs", async () => {
    const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const program = await bundle("readme.mjs", code);
    const folder = mkdtempSync(join(programs, "files-"));
    copyFileSync(vectorPath("pfx/o30-default.pfx"), join(folder, "anna.pfx"));
    copyFileSync(vectorPath("keys/connector.rsapublicblob"), join(folder, "connector.pub"));

    const right = await run(program, [], { PFX_PASSWORD: "Passw0rd!" }, folder);
    const wrong = await run(program, [], { PFX_PASSWORD: "wrong" }, folder);

    expect(right.output).toContain(`user1@contoso.example SMIME_ENCRYPTION ${thumbprint} [`);
    expect(wrong.errors).toMatch(/^WRONG_PASSWORD the password does not open this file/);
  });
});
