import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { startGateway } from "../../support/gateway.ts";
import { sendRaw } from "../http/raw.ts";

// What the build makes, in small, beside a file that nobody may get.
const place = mkdtempSync(join(tmpdir(), "graphiql-"));
mkdirSync(join(place, "built", "assets"), { recursive: true });
writeFileSync(join(place, "secret.js"), "secret");
const files = {
  "index.html": "<!doctype html><title>GraphiQL</title>",
  "assets/index-1a2b.js": "console.log('ü')",
  "assets/index-1a2b.css": "body{}",
  "assets/codicon-1a2b.ttf": "font",
  "assets/icon-1a2b.svg": "<svg/>",
  "assets/unknown.exe": "no",
};
for (const [name, text] of Object.entries(files)) writeFileSync(join(place, "built", name), text);
const graphiqlFolder = pathToFileURL(`${join(place, "built")}/`);

afterAll(() => rmSync(place, { recursive: true }));

const notFound = { errors: [{ message: "Not found; the API is at /graphql." }] };

describe("GraphiQL", () => {
  it.each(["/graphiql", "/graphiql/", "/graphiql?from=here"])(
    "is the page at %s, which browsers revalidate each time",
    async (path) => {
      await using gateway = await startGateway({ graphiqlFolder });

      const response = await fetch(new URL(path, gateway.url));

      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(response.headers.get("cache-control")).toBe("no-cache");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("referrer-policy")).toBe("no-referrer");
      expect(await response.text()).toBe(files["index.html"]);
    },
  );

  it.each([
    ["assets/index-1a2b.js", "text/javascript; charset=utf-8"],
    ["assets/index-1a2b.css", "text/css; charset=utf-8"],
    ["assets/codicon-1a2b.ttf", "font/ttf"],
    ["assets/icon-1a2b.svg", "image/svg+xml"],
  ] as const)("serves %s, which browsers may cache", async (name, type) => {
    await using gateway = await startGateway({ graphiqlFolder });

    const response = await fetch(new URL(`/graphiql/${name}`, gateway.url));

    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(await response.text()).toBe(files[name]);
  });

  it.each(["/graphiql", "/graphiql/assets/index-1a2b.js"])(
    "restricts %s to this origin by its policy",
    async (path) => {
      await using gateway = await startGateway({ graphiqlFolder });

      const { headers } = await fetch(new URL(path, gateway.url));

      expect(headers.get("content-security-policy")?.split("; ")).toEqual([
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ]);
    },
  );

  it("answers HEAD with the length and no body", async () => {
    await using gateway = await startGateway({ graphiqlFolder });

    const response = await fetch(new URL("/graphiql/assets/index-1a2b.js", gateway.url), { method: "HEAD" });

    expect(response.status).toBe(200);
    expect(response.headers.get("content-length")).toBe(String(Buffer.byteLength(files["assets/index-1a2b.js"])));
    expect(await response.text()).toBe("");
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("answers %s with 405", async (method) => {
    await using gateway = await startGateway({ graphiqlFolder });

    const response = await fetch(new URL("/graphiql", gateway.url), { method });

    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD");
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  });

  it.each([
    "/graphiql/../package.json",
    "/graphiql/../secret.js",
    "/graphiql/assets/../../secret.js",
    "/graphiql/%2e%2e/secret.js",
    "/graphiql/%2e%2e%2fsecret.js",
    "/graphiql/..%5csecret.js",
    "/graphiql/..\\secret.js",
    "/graphiql//etc/passwd",
    "/graphiql/assets",
    "/graphiql/assets/",
    "/graphiql/assets/unknown.exe",
    "/graphiql/__proto__",
    "/graphiqlx",
  ])("serves nothing at %s", async (path) => {
    await using gateway = await startGateway({ graphiqlFolder });

    const { status, text } = await sendRaw(gateway.url, `GET ${path} HTTP/1.1\r\nhost: gateway\r\n\r\n`);

    expect(status).toBe(404);
    expect(JSON.parse(text)).toMatchObject(notFound);
  });

  it("is off with EXPLORER=false", async () => {
    await using gateway = await startGateway({ graphiqlFolder, config: { explorer: false } });

    for (const path of ["/graphiql", "/graphiql/assets/index-1a2b.js"]) {
      const response = await fetch(new URL(path, gateway.url));
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject(notFound);
    }
  });

  it.each(["absent/", "built/assets/"])("is off if it was not built: %s", async (folder) => {
    await using gateway = await startGateway({ graphiqlFolder: new URL(folder, pathToFileURL(`${place}/`)) });

    const response = await fetch(new URL("/graphiql", gateway.url));

    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject(notFound);
  });

  it("is linked from Sandbox's offline page if it is available", async () => {
    await using withIt = await startGateway({ graphiqlFolder });
    await using without = await startGateway();
    const page = async (url: string) => (await fetch(url, { headers: { accept: "text/html" } })).text();

    expect(await page(withIt.url)).toContain('<a href="/graphiql">');
    expect(await page(without.url)).not.toContain("/graphiql");
  });
});
