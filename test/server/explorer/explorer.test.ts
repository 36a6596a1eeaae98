import { readdirSync, readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { parse } from "graphql";
import { describe, expect, it } from "vitest";
import { seedRecords } from "../../../src/emulator/seed.ts";
import { startGateway } from "../../support/gateway.ts";

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const samples = readdirSync("operations")
  .filter((file) => file.endsWith(".graphql"))
  .map((file) => ({ file, text: readFileSync(`operations/${file}`, "utf8").trim() }));
const variables: Record<string, unknown> = JSON.parse(readFileSync("operations/variables.json", "utf8"));

function browse(url: string): Promise<Response> {
  return fetch(url, { headers: { accept: browser } });
}

/** Runs the page's own script in a browser of two elements and a half. */
function runPage(html: string, url: string, sandboxLoaded: boolean): { options: unknown; elements: Elements } {
  const script = /<script nonce="[^"]+">(.*)<\/script>/s.exec(html)?.[1] ?? "throw new Error('no script')";
  let options: unknown;
  class EmbeddedSandbox {
    constructor(given: unknown) {
      options = given;
    }
  }
  const elements: Elements = {
    offline: { hidden: true },
    url: { textContent: "" },
    sandbox: { removed: false, remove: () => Object.assign(elements.sandbox, { removed: true }) },
  };
  const globals = {
    window: sandboxLoaded ? { EmbeddedSandbox } : {},
    document: { getElementById: (id: keyof Elements) => elements[id] },
    location: new URL(url),
  };
  runInContext(script, createContext(globals));
  return { options, elements };
}

interface Elements {
  offline: { hidden: boolean };
  url: { textContent: string };
  sandbox: { removed: boolean; remove(): void };
}

describe("the explorer", () => {
  it("is served to browsers at the API's address", async () => {
    await using gateway = await startGateway();

    const response = await browse(gateway.url);

    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    expect(await response.text()).toContain("https://embeddable-sandbox.cdn.apollographql.com/");
  });

  it("is where a browser at / is sent; other clients get 404", async () => {
    await using gateway = await startGateway();
    await using withoutExplorer = await startGateway({ config: { explorer: false } });
    const root = new URL("/", gateway.url).href;

    const response = await browse(root);
    const program = await fetch(root);
    const off = await browse(new URL("/", withoutExplorer.url).href);

    expect([response.redirected, response.url]).toEqual([true, gateway.url]);
    expect([program.status, off.status]).toEqual([404, 404]);
  });

  it("allows only its own and Apollo's scripts and styles", async () => {
    await using gateway = await startGateway();

    const response = await browse(gateway.url);

    const policy = new Map(
      (response.headers.get("content-security-policy") ?? "").split("; ").map((directive) => {
        const [name = "", ...sources] = directive.split(" ");
        return [name, sources];
      }),
    );
    const [nonce = "none", ...scriptSources] = policy.get("script-src") ?? [];
    expect(nonce).toMatch(/^'nonce-[A-Za-z0-9+/]{22}=='$/);
    expect(scriptSources).toEqual(["https://embeddable-sandbox.cdn.apollographql.com"]);
    expect(policy.get("style-src")?.[0]).toBe(nonce);
    expect(policy.get("default-src")).toEqual(["'none'"]);
    expect(policy.get("frame-src")).toEqual(["https://sandbox.embed.apollographql.com"]);
    expect(policy.get("connect-src")).toEqual(["'self'"]);
    expect(policy.get("frame-ancestors")).toEqual(["'none'"]);
    expect(policy.get("base-uri")).toEqual(["'none'"]);
    const html = await response.text();
    const elements = html.match(/<(?:script|style)\b[^>]*>/g) ?? [];
    expect(elements).toHaveLength(3);
    for (const element of elements) expect(element).toContain(`nonce="${nonce.slice(7, -1)}"`);
    expect(html).not.toMatch(/\s(?:style|on[a-z]+)=/);
  });

  it("has a new nonce each time", async () => {
    await using gateway = await startGateway();

    const first = await browse(gateway.url);
    const second = await browse(gateway.url);

    const policy = first.headers.get("content-security-policy");
    expect(policy).toContain("'nonce-");
    expect(second.headers.get("content-security-policy")).not.toBe(policy);
  });

  it("opens Sandbox on this API with all samples and variables, the create first", async () => {
    await using gateway = await startGateway();

    const { options } = runPage(await (await browse(gateway.url)).text(), gateway.url, true);

    expect(options).toMatchObject({ initialEndpoint: gateway.url, runTelemetry: false, initialState: { variables } });
    const document: unknown = Reflect.get(Reflect.get(Object(options), "initialState"), "document");
    for (const { text } of samples) expect(document).toContain(text);
    expect(parse(String(document)).definitions).toHaveLength(samples.length);
    expect(document).toMatch(/^# Import one user's PFX certificate/);
  });

  it("shows the samples as text if Apollo's files cannot be reached", async () => {
    await using gateway = await startGateway();
    const html = await (await browse(gateway.url)).text();

    const { elements } = runPage(html, gateway.url, false);

    expect(elements).toMatchObject({ offline: { hidden: false }, url: { textContent: gateway.url } });
    expect(elements.sandbox.removed).toBe(true);
    const shown = html.slice(html.indexOf("<main"), html.indexOf("</main>"));
    for (const { text } of samples) expect(shown).toContain(text.split("\n")[1]);
    expect(shown).toContain('"userPrincipalName": "MeganB@contoso.onmicrosoft.com"');
  });

  it("leaves a URL with a query to the API", async () => {
    await using gateway = await startGateway();

    const response = await browse(`${gateway.url}?query={__typename}`);

    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  });

  it("is off with EXPLORER=false, and a browser gets JSON", async () => {
    await using gateway = await startGateway({ config: { explorer: false } });

    const response = await browse(gateway.url);

    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(JSON.parse(await response.text())).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
  });
});

describe("the sample operations", () => {
  it.each(samples)("include $file, which succeeds on the seeded emulator", async ({ text }) => {
    await using gateway = await startGateway({ seed: seedRecords(), config: { authMode: "none" } });

    const { status, data, errors } = await gateway.send<Record<string, unknown>, object>(text, variables, {
      authorization: "",
    });

    expect(errors).toBeUndefined();
    expect(status).toBe(200);
    expect(Object.values(data ?? {})).toEqual([expect.anything()]);
  });

  it("run one after another in the page's order", async () => {
    await using gateway = await startGateway({ seed: seedRecords(), config: { authMode: "none" } });
    const writes = samples.filter(({ text }) => /^mutation /m.test(text));

    for (const { text } of samples) {
      const { errors } = await gateway.send<object, object>(text, variables);
      expect(errors).toBeUndefined();
    }

    expect(gateway.emulator.ledger.length).toBeGreaterThanOrEqual(writes.length);
  });

  it("have passwords as long as a ciphertext of a 2,048-bit key, like the seed", () => {
    const texts = [
      JSON.stringify(variables),
      readFileSync("examples/create.json", "utf8"),
      JSON.stringify(seedRecords()),
    ];

    for (const text of texts) {
      const passwords = [...text.matchAll(/"encryptedPfxPassword": ?"([^"]*)"/g)].map(([, password = ""]) => password);
      expect(passwords.length).toBeGreaterThan(0);
      expect(new Set(passwords.map((password) => Buffer.from(password, "base64").length))).toEqual(new Set([256]));
    }
  });

  it("use exactly the variables of variables.json", () => {
    const used = samples.flatMap(({ text }) => [...text.matchAll(/\$(\w+):/g)].map(([, name]) => name));
    const optional = ["after"]; // the cursor of a page before

    expect(new Set(used)).toEqual(new Set([...Object.keys(variables), ...optional]));
  });
});
