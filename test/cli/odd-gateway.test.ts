/** What the command line makes of a gateway that answers what no gateway should. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { keyFile } from "../client/vectors.ts";
import { TestFolder } from "../support/cli.ts";
import { pfxOf } from "../support/many-pfx.ts";

const emptyList = { userPfxCertificates: { edges: [], pageInfo: { hasNextPage: false, endCursor: null } } };
const evil = "\u001b[2J\u0007\u202egone\r\n3 created";

/** Answers lists with `list`, everything else with `create`. */
async function importFrom(create: unknown, list: unknown = { data: emptyList }, headers: Record<string, string> = {}) {
  let requests = 0;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      requests += 1;
      const isList = body.includes("query UserPfxCertificates");
      response.writeHead(200, isList ? {} : headers).end(JSON.stringify(isList ? list : create));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  using folder = new TestFolder();
  folder.write("key.pub", keyFile("connector.rsapublicblob"));
  folder.write("anna@contoso.example.pfx", pfxOf("anna@contoso.example"));
  const args = ["import", "anna@contoso.example.pfx", "--key", "key.pub", "--key-name", "K", "--gateway"];
  const run = await folder.run([...args, `http://127.0.0.1:${port}`], { env: { INTUNE_PFX_PASSWORD: "secret" } });
  server.closeAllConnections();
  server.close();
  return { ...run, requests };
}

const failure = (more: object) => ({
  data: {
    createUserPfxCertificates: {
      results: [{ __typename: "UserPfxCertificateFailure", message: "", code: "", ...more }],
    },
  },
});

describe("text of the gateway", () => {
  it.each([
    ["an item's message", failure({ code: "BAD_USER_INPUT", message: evil, graphRequestId: evil })],
    ["an item's code", failure({ code: evil, message: "x" })],
    ["an error's message", { errors: [{ message: evil, extensions: { code: "FORBIDDEN" } }] }],
    ["an error's code", { errors: [{ message: "x", extensions: { code: evil } }] }],
  ])("never reaches the terminal raw: %s", async (_, answer) => {
    const { stderr, stdout, exitCode } = await importFrom(answer);
    expect(exitCode).toBeGreaterThan(0);
    expect(stdout + stderr).not.toContain("\u001b");
    expect(stdout + stderr).not.toContain("\u202e");
    expect(stderr).not.toMatch(/^3 created/m);
  });
});

describe("an answer of another shape", () => {
  it.each([
    ["no payload", { data: { createUserPfxCertificates: null } }],
    ["no results", { data: { createUserPfxCertificates: {} } }],
    ["results that are null", { data: { createUserPfxCertificates: { results: [null] } } }],
    [
      "more results than certificates",
      {
        data: {
          createUserPfxCertificates: {
            results: [
              { __typename: "UserPfxCertificate", id: "1" },
              { __typename: "UserPfxCertificate", id: "2" },
            ],
          },
        },
      },
    ],
  ])("stops the import: %s", async (_, answer) => {
    const { exitCode, stderr } = await importFrom(answer);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("the gateway's answer is not about the 1 certificates that were sent");
  });

  it.each([
    ["no list", { data: { userPfxCertificates: null } }, "the gateway's answer is no list"],
    [
      "null in the list",
      { data: { userPfxCertificates: { edges: [null], pageInfo: {} } } },
      "the gateway's answer is no list",
    ],
    [
      "pages without an end",
      { data: { userPfxCertificates: { edges: [], pageInfo: { hasNextPage: true, endCursor: "a" } } } },
      "the gateway's pages do not end",
    ],
  ])("stops the look-up: %s", async (_, list, reason) => {
    const { exitCode, stderr, requests } = await importFrom({}, list);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(reason);
    expect(requests).toBeLessThan(5);
  });
});

describe("a wait that is asked for", () => {
  it("of years ends the run", async () => {
    const { exitCode, stderr, requests } = await importFrom(
      failure({ code: "THROTTLED", message: "Busy.", retryAfterSeconds: 1e8 }),
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain("the gateway asks for a wait of");
    expect(requests).toBeLessThan(5);
  });

  it("of less than nothing is a backoff", async () => {
    const { exitCode, waitedMs, requests } = await importFrom(
      failure({ code: "THROTTLED", message: "Busy.", retryAfterSeconds: -5 }),
    );
    expect(exitCode).toBe(2);
    expect(waitedMs).toBeGreaterThanOrEqual(600_000);
    expect(requests).toBeLessThan(80);
  });
});
