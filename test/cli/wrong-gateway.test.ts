/** An address at which no gateway answers: a setting is wrong, as long as nothing has gone through. */
import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { keyFile } from "../client/vectors.ts";
import { TestFolder } from "../support/cli.ts";
import { startGateway } from "../support/gateway.ts";
import { pfxOf } from "../support/many-pfx.ts";

const emptyList = JSON.stringify({
  data: { userPfxCertificates: { edges: [], pageInfo: { hasNextPage: false, endCursor: null } } },
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Record<string, string>;
}

/** Imports from a server that answers with `answers` in turn, then with the last of them. */
async function importFrom(answers: readonly Answer[], more: readonly string[] = []) {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const { status = 500, text = "", headers } = answers[Math.min(requests, answers.length - 1)] ?? {};
      requests += 1;
      response.writeHead(status, headers).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/pfx`;
  try {
    return { ...(await importTo(url, more)), url, requests };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function importTo(url: string, more: readonly string[] = []) {
  using folder = new TestFolder();
  folder.write("key.pub", keyFile("connector.rsapublicblob"));
  folder.write("anna@contoso.example.pfx", pfxOf("anna@contoso.example"));
  const connector = ["--key", "key.pub", "--key-name", "K", "--gateway", url];
  return await folder.run(["import", "anna@contoso.example.pfx", ...connector, ...more], {
    env: { INTUNE_PFX_PASSWORD: "secret", INTUNE_PFX_TOKEN: "caller-token" },
  });
}

describe("a wrong --gateway", () => {
  it.each<[string, Answer]>([
    ["a page of another server", { status: 200, text: "<html><h1>Welcome</h1></html>" }],
    ["a page that says 404", { status: 404, text: "<html>Not found</html>" }],
    ["JSON that says 404", { status: 404, text: '{"message":"no route"}' }],
    ["JSON that is no GraphQL", { status: 200, text: '{"ok":true}' }],
    [
      "another GraphQL server",
      {
        status: 400,
        text: '{"errors":[{"message":"Cannot query.","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}',
      },
    ],
  ])("ends with 64 and names the address: %s", async (_, answer) => {
    const { exitCode, stderr, url, requests } = await importFrom([answer]);

    expect(exitCode).toBe(64);
    expect(stderr).toContain(
      `Nothing was sent: What answers at ${url} is no gateway (status ${answer.status}). A gateway's address usually ends in /graphql.`,
    );
    expect(stderr).not.toContain("nothing done");
    expect(requests).toBe(1);
  });

  it("ends with 64 for another path of the gateway itself, with its words", async () => {
    await using gateway = await startGateway();

    const { exitCode, stderr } = await importTo(gateway.url.replace("/graphql", "/grahpql"));

    expect(exitCode).toBe(64);
    expect(stderr).toContain("/grahpql is no gateway (status 404). A gateway's address usually ends in /graphql.");
    expect(stderr).toContain("It said: Not found; the API is at /graphql.");
  });

  it("ends with 64 for a redirect", async () => {
    const { exitCode, stderr, url } = await importFrom([
      { status: 302, text: "", headers: { location: "https://login.example" } },
    ]);
    expect(exitCode).toBe(64);
    expect(stderr).toContain(`Nothing was sent: ${url} answers with a redirect, which is not followed.`);
  });

  it("is an error of the option in JSON", async () => {
    const { exitCode, json, stderr } = await importFrom([{ status: 404, text: "" }], ["--json"]);
    expect(exitCode).toBe(64);
    expect(stderr).toBe("");
    expect(json.at(-1)).toMatchObject({ type: "error", code: "NOT_A_GATEWAY", option: "--gateway" });
  });

  it("is a stop once the gateway has answered: the address was right, and the same command goes on", async () => {
    const list = { status: 200, text: emptyList };
    const { exitCode, stderr, url } = await importFrom([list, list, { status: 404, text: "<html>" }]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`Stopped: What answers at ${url} is no gateway (status 404).`);
    expect(stderr).toMatch(/^1 not tried, in/m);
  });
});
