/** `npm start`, as somebody runs it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

it("starts all of it with one command, answers through the page's origin, and ends with 0", async () => {
  const child = spawn(execPath, ["start.mjs"], {
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    env: { PATH: env.PATH, HOME: env.HOME, PORT: "0", GATEWAY_PORT: "0", EMULATOR_PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let output = "";
  const url = await new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      output += chunk;
      const found = /Portal: +(\S+)/.exec(output);
      if (found) resolve(found[1]);
    });
    child.once("exit", () => reject(new Error(`it ended: ${output}`)));
  });

  const page = await fetch(url);
  const answer = await fetch(new URL("graphql", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ userPfxCertificates(first: 1) { nodes { id } } }" }),
  });
  assert.match(await page.text(), /<title>PFX certificates<\/title>/);
  assert.equal((await answer.json()).data.userPfxCertificates.nodes.length, 1);

  child.kill("SIGTERM");
  assert.equal(await ended, 0);
});

it("starts only the page before a gateway that runs already, with its configuration", async () => {
  const folder = await mkdtemp(join(tmpdir(), "portal-"));
  const config = { signIn: { authority: "https://127.0.0.1/tenant", clientId: "id", scopes: ["scope"] } };
  await writeFile(join(folder, "portal.json"), JSON.stringify(config));
  const gateway = createHttpServer((_request, response) => response.end("the gateway's")).listen(0, "127.0.0.1");
  await once(gateway, "listening");
  const child = spawn(execPath, ["start.mjs"], {
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    env: {
      PATH: env.PATH,
      HOME: env.HOME,
      PORT: "0",
      GATEWAY_URL: `http://127.0.0.1:${gateway.address().port}/graphql`,
      PORTAL_CONFIG: join(folder, "portal.json"),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    let output = "";
    const url = await new Promise((resolve, reject) => {
      child.stdout.on("data", (chunk) => {
        output += chunk;
        const found = /Portal: +(\S+)/.exec(output);
        if (found) resolve(found[1].replace("localhost", "127.0.0.1"));
      });
      child.once("exit", () => reject(new Error(`it ended: ${output}`)));
    });

    assert.deepEqual(await (await fetch(new URL("config.json", url))).json(), config);
    assert.equal(await (await fetch(new URL("graphql", url), { method: "POST" })).text(), "the gateway's");
  } finally {
    child.kill("SIGTERM");
    await once(child, "close");
    gateway.close();
    await rm(folder, { recursive: true });
  }
});

describe("npm start that can't start", () => {
  async function refused(variables) {
    const child = spawn(execPath, ["start.mjs"], {
      cwd: fileURLToPath(new URL("../", import.meta.url)),
      env: { PATH: env.PATH, HOME: env.HOME, PORT: "0", GATEWAY_PORT: "0", EMULATOR_PORT: "0", ...variables },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let output = "";
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    const [code] = await once(child, "close");
    assert.equal(code, 1);
    assert.doesNotMatch(output, /^\s+at /m);
    return output;
  }

  it("names the variable of each port that is taken, without a stack trace", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address();
    try {
      for (const variable of ["PORT", "GATEWAY_PORT", "EMULATOR_PORT"]) {
        const output = await refused({ [variable]: String(port) });
        assert.match(output, new RegExp(`Port ${port} of .* is taken .*: ${variable}=0 takes a free one`));
      }
    } finally {
      other.close();
    }
  });

  it("refuses what is no port, and one port for two", async () => {
    const output = await refused({ PORT: "abc", GATEWAY_PORT: "65001", EMULATOR_PORT: "65001" });

    assert.match(output, /^PORT must be a port number from 0 to 65535\.$/m);
    assert.match(output, /^EMULATOR_PORT and GATEWAY_PORT must be different ports\.$/m);
  });
});
