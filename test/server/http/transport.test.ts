import { once } from "node:events";
import { createServer } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { answerStatus, delayAnswer } from "../../../src/emulator/faults.ts";
import { skippingClock } from "../../support/clock.ts";
import { startCpuTimer } from "../../support/cpu-time.ts";
import { startGateway } from "../../support/gateway.ts";
import { anInput } from "../../support/input.ts";
import { connectTo, type RawAnswer, readAnswer, sendRaw } from "./raw.ts";

const canary = "canary-7f3a";
const typename = '{"query":"{ __typename }"}';
const config = { authMode: "none", maxBodyBytes: 4096 } as const;

async function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<RawAnswer> {
  return answerOf(
    await fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body }),
  );
}

async function answerOf(response: Response): Promise<RawAnswer> {
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** A POST as text, with a content-length unless the headers frame the body otherwise. */
function postText(body: string, ...headers: string[]): string {
  const all = ["Host: gateway.example", "Content-Type: application/json", "Connection: close", ...headers];
  if (!headers.some((header) => /^(content-length|transfer-encoding):/i.test(header))) {
    all.push(`Content-Length: ${Buffer.byteLength(body)}`);
  }
  return `POST /graphql HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\n${body}`;
}

function chunked(...chunks: string[]): string {
  return [...chunks, ""].map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`).join("");
}

function get(path: string, ...headers: string[]): string {
  return `GET ${path} HTTP/1.1\r\n${["Host: gateway.example", ...headers].join("\r\n")}\r\n\r\n`;
}

const large = JSON.stringify({ query: `{ __typename } # ${"x".repeat(5000)}` });

/** Everything that is refused before GraphQL has a word, or by its HTTP layer. */
const refusals: readonly (readonly [what: string, status: number, send: (url: string) => Promise<RawAnswer>])[] = [
  ["an unknown path", 404, (url) => sendRaw(url, get(`/${canary}`))],
  ["the root", 404, (url) => sendRaw(url, get("/"))],
  ["a path that climbs", 404, (url) => sendRaw(url, get("/../../../../etc/passwd"))],
  ["a broken percent encoding", 404, (url) => sendRaw(url, get("/%zz%00"))],
  ["a target of two slashes", 404, (url) => sendRaw(url, get("//graphql"))],
  ["PUT", 405, async (url) => answerOf(await fetch(url, { method: "PUT", body: canary }))],
  ["DELETE", 405, async (url) => answerOf(await fetch(url, { method: "DELETE" }))],
  ["CONNECT", 405, (url) => sendRaw(url, `CONNECT ${canary}:443 HTTP/1.1\r\nHost: ${canary}:443\r\n\r\n`)],
  ["a method nobody knows", 400, (url) => sendRaw(url, "BREW /graphql HTTP/1.1\r\nHost: a\r\n\r\n")],
  [
    "a mutation by GET",
    405,
    (url) => sendRaw(url, get("/graphql?query=mutation{__typename}", "apollo-require-preflight: 1")),
  ],
  ["a GET that needs no preflight", 400, (url) => sendRaw(url, get("/graphql?query={__typename}"))],
  ["a GET without a query", 400, (url) => sendRaw(url, get("/graphql", "apollo-require-preflight: 1"))],
  [
    "a GET with variables that are not JSON",
    400,
    (url) => sendRaw(url, get(`/graphql?query={__typename}&variables=${canary}`, "apollo-require-preflight: 1")),
  ],
  ["POST to /livez", 405, (url) => post(new URL("/livez", url).href, typename)],
  ["DELETE of /readyz", 405, async (url) => answerOf(await fetch(new URL("/readyz", url), { method: "DELETE" }))],
  ["a body announced as too large", 413, (url) => post(url, large)],
  [
    "a body announced as far too large, of which nothing was sent yet",
    413,
    (url) => sendRaw(url, postText("", "Content-Length: 99999999999")),
  ],
  [
    "a chunked body that grows too large",
    413,
    (url) => sendRaw(url, postText(chunked(large.slice(0, 3000), large.slice(3000)), "Transfer-Encoding: chunked")),
  ],
  ["a gzip bomb", 413, (url) => post(url, gzipSync(Buffer.alloc(50_000_000)), { "content-encoding": "gzip" })],
  [
    "a brotli bomb",
    413,
    (url) => post(url, brotliCompressSync(Buffer.alloc(50_000_000)), { "content-encoding": "br" }),
  ],
  [
    "a form",
    415,
    (url) => post(url, "query=%7B__typename%7D", { "content-type": "application/x-www-form-urlencoded" }),
  ],
  ["text/plain", 415, (url) => post(url, typename, { "content-type": "text/plain" })],
  ["multipart", 415, (url) => post(url, typename, { "content-type": "multipart/form-data; boundary=x" })],
  ["application/graphql", 415, (url) => post(url, "{ __typename }", { "content-type": "application/graphql" })],
  [
    "a media type that ends like JSON's",
    415,
    (url) => post(url, typename, { "content-type": "text/plain;application/json" }),
  ],
  ["a media type that begins like JSON's", 415, (url) => post(url, typename, { "content-type": "application/jsonp" })],
  [
    "no media type",
    415,
    (url) => sendRaw(url, `POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: 26\r\n\r\n${typename}`),
  ],
  ["another charset", 415, (url) => post(url, typename, { "content-type": "application/json; charset=iso-8859-1" })],
  ["a quoted charset", 415, (url) => post(url, typename, { "content-type": 'application/json; charset="utf-16"' })],
  [
    "a second charset",
    415,
    (url) => post(url, typename, { "content-type": "application/json; charset=utf-8; v=1; charset=latin1" }),
  ],
  ["UTF-16", 415, (url) => post(url, typename, { "content-type": "application/json; charset=utf-16" })],
  ["an unknown content encoding", 415, (url) => post(url, typename, { "content-encoding": "zstd" })],
  ["two content encodings", 415, (url) => post(url, typename, { "content-encoding": "gzip, gzip" })],
  [
    "a content encoding called like a property of every object",
    415,
    (url) => post(url, typename, { "content-encoding": "constructor" }),
  ],
  ["a content encoding called __proto__", 415, (url) => post(url, typename, { "content-encoding": "__proto__" })],
  ["broken JSON", 400, (url) => post(url, `{"query":"${canary}`)],
  [
    "JSON of another charset than UTF-8",
    400,
    (url) => post(url, Buffer.from(`{"query":"{ __typename }","x":"é${canary}"}`, "latin1")),
  ],
  ["an empty body", 400, (url) => post(url, "")],
  ["an array, which is how batches are sent", 400, (url) => post(url, `[${typename},${typename}]`)],
  ["an empty array", 400, (url) => post(url, "[]")],
  ["null", 400, (url) => post(url, "null")],
  ["a string", 400, (url) => post(url, `"${canary}"`)],
  ["no query", 400, (url) => post(url, "{}")],
  ["a query that is no string", 400, (url) => post(url, `{"query":{"${canary}":1}}`)],
  ["variables that are a string", 400, (url) => post(url, `{"query":"{ __typename }","variables":"${canary}"}`)],
  ["variables that are an array", 400, (url) => post(url, `{"query":"{ __typename }","variables":["${canary}"]}`)],
  ["text that is not gzip", 400, (url) => post(url, canary, { "content-encoding": "gzip" })],
  ["gzip cut short", 400, (url) => post(url, gzipSync(typename).subarray(0, 20), { "content-encoding": "gzip" })],
  ["a body cut short", 400, (url) => sendRaw(url, postText(typename, "Content-Length: 1000"), { thenEnd: true })],
  [
    "a chunked body cut short",
    400,
    (url) => sendRaw(url, postText(chunked(typename).slice(0, -5), "Transfer-Encoding: chunked"), { thenEnd: true }),
  ],
  ["a chunk of no size", 400, (url) => sendRaw(url, postText(`${canary}\r\n`, "Transfer-Encoding: chunked"))],
  [
    "a length next to chunks",
    400,
    (url) => sendRaw(url, postText(chunked(typename), "Content-Length: 5", "Transfer-Encoding: chunked")),
  ],
  ["two lengths", 400, (url) => sendRaw(url, postText(typename, "Content-Length: 26", "Content-Length: 27"))],
  ["text that is not HTTP", 400, (url) => sendRaw(url, `${canary}\r\n\r\n`)],
  ["two Hosts", 400, (url) => sendRaw(url, get("/livez", "HOST: gateway.example"))],
  ["two tokens", 400, (url) => sendRaw(url, get("/livez", "Authorization: Bearer a", `authorization: ${canary}`))],
  ["two media types", 400, (url) => sendRaw(url, postText(typename, "content-type: application/json"))],
  ["another transfer coding", 400, (url) => sendRaw(url, postText(typename, "Transfer-Encoding: gzip"))],
  ["a length that is no number", 400, (url) => sendRaw(url, postText(typename, "Content-Length: +26"))],
  ["a header in two lines", 400, (url) => sendRaw(url, get("/livez", "X-Folded: a\r\n b"))],
  ["HTTP/2", 400, (url) => sendRaw(url, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
  ["no Host", 400, (url) => sendRaw(url, "GET /livez HTTP/1.1\r\n\r\n")],
  ["an expectation", 417, (url) => sendRaw(url, get("/livez", `Expect: ${canary}`))],
  ["a header that is too large", 431, (url) => sendRaw(url, get("/livez", `X-Large: ${canary.repeat(2000)}`))],
  ["too many headers", 431, (url) => sendRaw(url, get("/livez", ...Array<string>(1001).fill("a: b")))],
  ["headers that go on and on", 431, (url) => sendRaw(url, get("/livez", `X: ${canary}\r\n`.repeat(200_000).trim()))],
  ["a media type of the answer that there is not", 406, (url) => post(url, typename, { accept: "application/xml" })],
];

describe("an error response", () => {
  it.each([
    "",
    "application/json; callbackSpec=1.0",
    "application/graphql-response+json;q=0.5",
    "*/*",
    "text/*, application/*",
  ])("is not sent for Accept: %s", async (accept) => {
    await using gateway = await startGateway({ config });
    expect((await post(gateway.url, typename, { accept })).status).toBe(200);
  });

  it("follows the response to an earlier request if that one is written", async () => {
    await using gateway = await startGateway({ config });
    const socket = connectTo(gateway.url);
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk;
    });

    socket.write(`${get("/livez")}${canary}\r\n\r\n`);

    await once(socket, "end");
    socket.destroy();
    expect(received.match(/HTTP\/1\.1 \d{3}/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 400"]);
  });

  it.each([
    ["one byte too many", "\0", 0],
    ["one byte too many, later", "x", 50],
    ["broken HTTP, later", `${canary}\r\n\r\n`, 50],
    ["a request with a broken body", postText("no chunk\r\n", "Transfer-Encoding: chunked"), 0],
    ["a request whose head does not arrive in time", "GET /livez HTTP/1.1\r\n", 0],
  ])("does not replace the answer to a create that is followed by %s", async (_, more, afterMs) => {
    const faults = [delayAnswer("POST", "/userPfxCertificates", 300)];
    await using gateway = await startGateway({ faults, httpLimits: { headMs: 100, checkEveryMs: 20 } });
    const query =
      "mutation ($input: CreateUserPfxCertificateInput!) { createUserPfxCertificate(input: $input) { id } }";
    const create = postText(JSON.stringify({ query, variables: { input: anInput() } }), "Authorization: Bearer any");
    const socket = connectTo(gateway.url);
    socket.write(`${create.replace("Connection: close\r\n", "")}${afterMs === 0 ? more : ""}`);
    if (afterMs > 0) {
      await expect.poll(() => gateway.emulator.requests.length).toBe(1);
      socket.write(more);
    }

    const { status, headers, text } = await readAnswer(socket);

    expect(status).toBe(200);
    expect(headers.get("connection")).toBe("close");
    expect(JSON.parse(text)).toMatchObject({ data: { createUserPfxCertificate: { id: expect.any(String) } } });
    expect(gateway.emulator.records).toHaveLength(1);
    socket.destroy();
  });

  it.each(refusals)(
    "to %s has status %i and JSON that quotes neither the request nor internals",
    async (_, status, send) => {
      await using gateway = await startGateway({ config });

      const answer = await send(gateway.url);

      expect(answer.status).toBe(status);
      expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(answer.headers.get("x-powered-by")).toBeNull();
      expect(answer.headers.get("server")).toBeNull();
      const { errors } = JSON.parse(answer.text);
      expect(errors).toEqual([
        expect.objectContaining({ message: expect.stringMatching(/\S/), extensions: { code: expect.any(String) } }),
      ]);
      expect(answer.text).not.toContain(canary);
      expect(answer.text).not.toMatch(/\bat .+:\d+:\d+|node:|node_modules|\.[jt]s\b|stack/);
      expect(answer.text).not.toContain(process.cwd());
      await expect.poll(() => gateway.log.map(({ id }) => id)).toContain(answer.headers.get("x-request-id"));
      expect(gateway.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
      expect(gateway.emulator.requests).toEqual([]);
    },
  );

  it.each([
    ["large headers", "All headers and the request target together are larger than 16384 bytes.", ["x".repeat(16_384)]],
    [
      "very large headers",
      "All headers and the request target together are larger than 16384 bytes.",
      ["x".repeat(90_000)],
    ],
    ["many headers", "The request has more than 1000 headers.", Array<string>(1000).fill("y")],
  ])("to %s says which limit they exceed", async (_, message, values) => {
    await using gateway = await startGateway({ config });

    const { text } = await sendRaw(gateway.url, get("/livez", ...values.map((value) => `X: ${value}`)));

    expect(JSON.parse(text).errors[0].message).toBe(message);
  });

  it.each([
    ["/graphql", "PUT", "GET, POST, OPTIONS"],
    ["/graphql", "HEAD", "GET, POST, OPTIONS"],
    ["/livez", "POST", "GET, HEAD"],
    ["/readyz", "OPTIONS", "GET, HEAD"],
  ])("to a wrong method lists the methods that %s allows: %s", async (path, method, allow) => {
    await using gateway = await startGateway({ config });

    const { status, headers } = await fetch(new URL(path, gateway.url), { method });

    expect(status).toBe(405);
    expect(headers.get("allow")).toBe(allow);
  });

  it("to a mutation by GET lists the allowed method", async () => {
    await using gateway = await startGateway({ config });

    const { headers } = await sendRaw(
      gateway.url,
      get("/graphql?query=mutation{deleteUserPfxCertificate(id:%22a%22)}", "apollo-require-preflight: 1"),
    );

    expect(headers.get("allow")).toBe("POST");
  });

  it("to an unknown encoding lists the supported encodings", async () => {
    await using gateway = await startGateway({ config });

    const { headers } = await post(gateway.url, typename, { "content-encoding": "zstd" });

    expect(headers.get("accept-encoding")).toBe("gzip, deflate, br");
  });

  it("reaches a client that keeps sending, twenty times out of twenty", async () => {
    await using gateway = await startGateway({ config });
    const statuses: number[] = [];

    for (let round = 0; round < 20; round++) {
      let chunks = 100;
      const body = new ReadableStream({
        pull: (controller) => (chunks-- > 0 ? controller.enqueue(new Uint8Array(65_536)) : controller.close()),
      });
      const headers = { "content-type": "application/json" };
      statuses.push((await fetch(gateway.url, { method: "POST", headers, body, duplex: "half" })).status);
    }

    expect(statuses).toEqual(Array.from({ length: 20 }, () => 413));
  });

  it.each([
    ["a body that is too large", postText("", "Content-Length: 99999999")],
    ["headers that are too large", `GET /livez HTTP/1.1\r\nX-Large: ${"x".repeat(20_000)}`],
  ])("to %s gives a sending client time to read it", async (_, bytes) => {
    await using gateway = await startGateway({ config });
    const socket = connectTo(gateway.url);
    socket.write(bytes);
    await readAnswer(socket);

    for (let round = 0; round < 20; round++) {
      socket.write("x".repeat(1000));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }

    expect(socket.closed).toBe(false); // a reset takes with it what was not read yet
    socket.destroy();
  });

  it("closes the connection of a client that does not stop sending", async () => {
    await using gateway = await startGateway({ config });
    const connections = [postText("", "Content-Length: 99999999"), "no HTTP\r\n\r\n"].map((bytes) => {
      const socket = connectTo(gateway.url);
      socket.write(bytes);
      socket.resume();
      return socket;
    });

    const sending = setInterval(() => {
      for (const socket of connections) socket.write(" ");
    }, 50);
    const ended = Promise.all(connections.map((socket) => new Promise((resolve) => socket.once("close", resolve))));

    await expect(ended).resolves.toHaveLength(2);
    clearInterval(sending);
  });

  it("to a body takes no longer for an odd media type", async () => {
    await using gateway = await startGateway({ config });
    const type = `application/json${" ".repeat(14_000)}x`;
    await post(gateway.url, typename);

    const cpuMs = startCpuTimer();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post(gateway.url, typename, { "content-type": type })),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 415));
    expect(cpuMs()).toBeLessThan(1500);
  });
});

describe("a slow request", () => {
  const httpLimits = { headMs: 400, graceMs: 400, stallMs: 400, bytesPerSecond: 1000, checkEveryMs: 50 };

  it.each([
    ["a head", "POST /graphql HTTP/1.1\r\nHost: a\r\n", "X-Slow: 1\r\n"],
    ["a body", postText("{", "Content-Length: 1000"), " "],
    [
      "a compressed body",
      postText(gzipSync(typename).toString("latin1", 0, 12), "Content-Encoding: gzip", "Content-Length: 1000"),
      "",
    ],
    ["a body that stalls", postText("{".padEnd(500), "Content-Length: 1000"), ""],
  ])("is cut off with 408: %s", async (_, begin, more) => {
    await using gateway = await startGateway({ config, httpLimits });
    const socket = connectTo(gateway.url);
    socket.write(Buffer.from(begin, "latin1"));
    const sending = setInterval(() => socket.write(more), 20);

    const { status } = await readAnswer(socket);

    clearInterval(sending);
    socket.destroy();
    expect(status).toBe(408);
  });

  it("is executed if its body makes progress, however long that takes", async () => {
    await using gateway = await startGateway({
      config,
      httpLimits: { ...httpLimits, stallMs: 5000, bytesPerSecond: 200 },
    });
    const socket = connectTo(gateway.url);
    const body = typename.padEnd(4000);
    socket.write(postText(body.slice(0, 1000), "Content-Length: 4000"));

    for (let at = 1000; at < 4000; at += 250) {
      await new Promise((resolve) => setTimeout(resolve, 80)); // 960 ms in all
      socket.write(body.slice(at, at + 250));
    }

    expect((await readAnswer(socket)).status).toBe(200);
    socket.destroy();
  });

  it("has its whole deadline after the last byte of its body", async () => {
    const skipping = skippingClock();
    let laterMs = 0;
    const clock = { ...skipping, skippedMs: 0, now: () => skipping.now() + laterMs };
    await using gateway = await startGateway({ clock });
    const body = '{"query":"{ userPfxCertificates(first: 1) { nodes { id } } }"}';
    const socket = connectTo(gateway.url);
    const head = postText(body.slice(0, 9), "Authorization: Bearer any", `Content-Length: ${body.length}`);
    await new Promise<void>((resolve) => socket.write(head, () => resolve()));
    await expect.poll(() => gateway.clock.now()).toBeGreaterThan(0);
    await fetch(new URL("/livez", gateway.url)); // by then the gateway waits for the body

    laterMs = 60_000;
    socket.write(body.slice(9));

    expect(JSON.parse((await readAnswer(socket)).text)).toMatchObject({ data: { userPfxCertificates: {} } });
    socket.destroy();
  });

  it("is cut off too if its route reads no body", async () => {
    await using gateway = await startGateway({ config, httpLimits });
    const socket = connectTo(gateway.url);
    socket.write(get("/livez", "Content-Length: 1000"));
    await readAnswer(socket);

    const sending = setInterval(() => socket.write(" "), 20);
    let code: string | undefined;
    socket.on("error", (error: NodeJS.ErrnoException) => {
      code = error.code;
    });
    await new Promise((resolve) => socket.resume().once("close", resolve));

    clearInterval(sending);
    // A byte that meets the end on its way is answered with a reset.
    expect(socket.readableEnded || code === "ECONNRESET").toBe(true);
  });
});

describe("a body in very many chunks", () => {
  const spaces = (count: number) => "1\r\n \r\n".repeat(count);
  const inChunks = (count: number) => postText(spaces(count - 1) + chunked(typename), "Transfer-Encoding: chunked");
  const roomy = { ...config, maxBodyBytes: 1_000_000 };

  it.each([
    [50_000, 200],
    [50_001, 400],
  ])("of %i chunks is answered %i", async (count, status) => {
    await using gateway = await startGateway({ config: roomy });

    const answer = await sendRaw(gateway.url, inChunks(count));

    expect(answer.status).toBe(status);
  });

  it("is counted before it is decompressed, and not decompressed chunk by chunk", async () => {
    await using gateway = await startGateway({ config: roomy });
    const bytes = [...gzipSync(typename.padEnd(900_000, " \n"), { level: 0 })].slice(0, 50_001);
    const chunks = bytes.map((byte) => Buffer.from([0x31, 0x0d, 0x0a, byte, 0x0d, 0x0a]));
    const head = postText("", "Content-Encoding: gzip", "Transfer-Encoding: chunked");

    const cpuMs = startCpuTimer();
    const answer = await sendRaw(gateway.url, Buffer.concat([Buffer.from(head), ...chunks]));

    expect(JSON.parse(answer.text).errors[0].message).toBe("The body has more than 50000 chunks.");
    expect(cpuMs()).toBeLessThan(1500);
  });

  it("is not parsed to its end if its route reads no body", async () => {
    await using gateway = await startGateway({ config });
    const socket = connectTo(gateway.url);
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk;
    });

    socket.write(`${get("/livez", "Transfer-Encoding: chunked")}${spaces(50_000)}0\r\n\r\n${get("/readyz")}`);

    await Promise.race([once(socket, "end"), once(socket, "close")]);
    socket.destroy();
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  /** CPU time of a server that reads five of these bodies and does nothing else. */
  async function cpuMsOfBareServer(bytes: string): Promise<number> {
    const server = createServer((request, response) => {
      request.on("data", () => {}).on("end", () => response.end());
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const cpuMs = startCpuTimer();
    await Promise.all([1, 2, 3, 4, 5].map(() => sendRaw(url, bytes)));
    server.close();
    return cpuMs();
  }

  it.each([
    ["that is read", 400, 2, postText("", "Transfer-Encoding: chunked")],
    ["of a refused request", 415, 1, postText("", "Content-Encoding: zstd", "Transfer-Encoding: chunked")],
    ["of a route that reads none", 405, 1, get("/livez", "Transfer-Encoding: chunked").replace("GET", "DELETE")],
  ])("costs little: %s", async (_, status, timesBare, head) => {
    await using gateway = await startGateway({ config: roomy });
    const bytes = head + spaces(600_000);
    await sendRaw(gateway.url, get("/livez"));
    const bareMs = await cpuMsOfBareServer(inChunks(50_000));

    const cpuMs = startCpuTimer();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => sendRaw(gateway.url, bytes)));

    expect(answers.map((answer) => answer.status)).toEqual(Array(5).fill(status));
    expect(cpuMs()).toBeLessThan(timesBare * bareMs);
  });
});

describe("a body", () => {
  it.each([
    ["as it is", typename, {}],
    ["as identity", typename, { "content-encoding": "identity" }],
    ["with a charset", typename, { "content-type": "application/json; charset=utf-8" }],
    ["with a charset in other letters", typename, { "content-type": 'Application/JSON;charset="UTF-8"' }],
    ["with OData's parameter", typename, { "content-type": "application/json;odata.metadata=minimal" }],
    ["with a version", typename, { "content-type": "application/json; version=1; charset=UTF-8" }],
    ["as US-ASCII", typename, { "content-type": "application/json; charset=us-ascii" }],
    ["as quoted US-ASCII", typename, { "content-type": 'application/json; charset="US-ASCII"' }],
    ["with spaces around the charset", typename, { "content-type": "application/json ; charset = utf-8 ;" }],
    ["with a charset in another parameter", typename, { "content-type": 'application/json; a="b; charset=utf-16"' }],
    ["as application/graphql+json", typename, { "content-type": "application/graphql+json" }],
    ["with a byte order mark", `\ufeff${typename}`, {}],
    ["in gzip", gzipSync(typename), { "content-encoding": "gzip" }],
    ["in GZIP", gzipSync(typename), { "content-encoding": "GZIP" }],
    ["in x-gzip", gzipSync(typename), { "content-encoding": "x-gzip" }],
    ["in deflate", deflateSync(typename), { "content-encoding": "deflate" }],
    ["in br", brotliCompressSync(typename), { "content-encoding": "br" }],
  ])("is read %s", async (_, body, headers) => {
    await using gateway = await startGateway({ config });

    const answer = await post(gateway.url, body, headers);

    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({ data: { __typename: "Query" } });
  });

  it("is read even if chunks split a character", async () => {
    await using gateway = await startGateway({ config });
    const body = Buffer.from(
      JSON.stringify({
        query: "query Größe { __typename }".replace("Größe", "A"),
        operationName: "A",
        extensions: { größe: "ß" },
      }),
    );
    const middle = body.indexOf("ß") + 1;
    const head = postText("", "Transfer-Encoding: chunked");
    const chunk = (part: Buffer) =>
      Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);

    const parts = [
      Buffer.from(head),
      chunk(body.subarray(0, middle)),
      chunk(body.subarray(middle)),
      Buffer.from("0\r\n\r\n"),
    ];
    const answer = await sendRaw(gateway.url, Buffer.concat(parts));

    expect(answer.status).toBe(200);
  });

  it("may have exactly the allowed number of bytes", async () => {
    await using gateway = await startGateway({ config });
    const exact = typename.padEnd(config.maxBodyBytes, " ");

    expect((await post(gateway.url, exact)).status).toBe(200);
    expect((await post(gateway.url, gzipSync(exact), { "content-encoding": "gzip" })).status).toBe(200);
    expect((await post(gateway.url, `${exact} `)).status).toBe(413);
    expect((await post(gateway.url, gzipSync(`${exact} `), { "content-encoding": "gzip" })).status).toBe(413);
  });

  it("that is valid but shorter than its Content-Length is not executed", async () => {
    await using gateway = await startGateway({ config });
    const query =
      "mutation ($input: CreateUserPfxCertificateInput!) { createUserPfxCertificate(input: $input) { id } }";
    const body = JSON.stringify({ query, variables: { input: anInput() } });

    const answer = await sendRaw(gateway.url, postText(body, `Content-Length: ${body.length + 1}`), { thenEnd: true });

    expect(answer.status).toBe(400);
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("may have keys such as __proto__ and constructor", async () => {
    await using gateway = await startGateway({ config });
    const keys = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}';

    const answer = await post(
      gateway.url,
      `{${keys},"query":"{ __typename }","variables":{${keys}},"extensions":{${keys}}}`,
    );

    expect(answer.status).toBe(200);
    expect({}).not.toHaveProperty("polluted");
  });
});

describe("a GET", () => {
  it.each(["apollo-require-preflight", "x-apollo-operation-name"])("is executed with %s", async (header) => {
    await using gateway = await startGateway({ config });

    const answer = await sendRaw(gateway.url, get("/graphql?query={__typename}", `${header}: anything`));

    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({ data: { __typename: "Query" } });
  });

  it("may have an absolute URL as its target", async () => {
    await using gateway = await startGateway({ config });

    const answer = await sendRaw(gateway.url, get("http://gateway.example/livez"));

    expect(answer.status).toBe(200);
  });
});

describe("a response", () => {
  it("has the requested media type", async () => {
    await using gateway = await startGateway({ config });

    for (const type of ["application/json", "application/graphql-response+json"]) {
      const { status, headers } = await post(gateway.url, typename, { accept: type });
      expect(status).toBe(200);
      expect(headers.get("content-type")).toBe(`${type}; charset=utf-8`);
    }
  });

  it("forbids caching and content sniffing, and names no software", async () => {
    await using gateway = await startGateway({ config });

    const { headers } = await post(gateway.url, typename);

    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-powered-by")).toBeNull();
    expect(headers.get("server")).toBeNull();
  });

  it("contains no stack and no file path, even if Graph fails", async () => {
    const faults = [answerStatus("GET", "/userPfxCertificates", 500, { times: 20 })];
    await using gateway = await startGateway({ config, faults });

    const answer = await post(gateway.url, '{"query":"{ userPfxCertificates(first: 1) { nodes { id } } }"}');

    expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ message: expect.any(String) }] });
    expect(answer.text).not.toMatch(/\bat .+:\d+:\d+|node:|node_modules|\.[jt]s\b|stack/);
    expect(answer.text).not.toContain(new URL(gateway.emulator.url).host);
  });

  it("keeps the connection open for the next request, also after an error", async () => {
    await using gateway = await startGateway({ config });
    const socket = connectTo(gateway.url);

    const statuses: number[] = [];
    for (const path of ["/livez", "/nothing", "/readyz"]) {
      socket.write(get(path));
      statuses.push((await readAnswer(socket)).status);
    }

    expect(statuses).toEqual([200, 404, 200]);
    socket.destroy();
  });

  it("is dropped if its client has left, and other clients still get theirs", async () => {
    const faults = [delayAnswer("GET", "/userPfxCertificates", 300)];
    await using gateway = await startGateway({ config, faults });
    const leaving = connectTo(gateway.url);
    leaving.write(postText('{"query":"{ userPfxCertificates(first: 1) { nodes { id } } }"}'));
    await expect.poll(() => gateway.emulator.requests.length).toBe(1);

    leaving.destroy();

    expect((await post(gateway.url, typename)).status).toBe(200);
    expect(gateway.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});

describe("every response", () => {
  it("has an id of its own, which is the id of its log line, whatever the client sends", async () => {
    await using gateway = await startGateway({ config });
    const headers = { "x-request-id": canary };

    const ids: (string | null)[] = [];
    for (const path of ["/graphql", "/livez", "/readyz", "/nothing"]) {
      ids.push((await fetch(new URL(path, gateway.url), { headers })).headers.get("x-request-id"));
    }
    for (let request = 0; request < 3; request++) {
      ids.push((await post(gateway.url, typename, headers)).headers.get("x-request-id"));
    }

    const lines = () => gateway.log.filter(({ msg }) => msg === "access").map(({ id }) => id);
    await expect.poll(lines).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(JSON.stringify(gateway.log)).not.toContain(canary);
  });
});

describe("an idle connection", () => {
  it("is kept open as long as KEEP_ALIVE_TIMEOUT_MS says", async () => {
    await using usual = await startGateway({ config });
    await using longer = await startGateway({ config: { ...config, keepAliveTimeoutMs: 620_000 } });

    const [kept, keptLonger] = [await sendRaw(usual.url, get("/livez")), await sendRaw(longer.url, get("/livez"))];

    expect(kept.headers.get("keep-alive")).toBe("timeout=65");
    expect(keptLonger.headers.get("keep-alive")).toBe("timeout=620");
  });
});

describe.each(["/livez", "/readyz"])("%s", (path) => {
  it("answers GET and HEAD without asking Graph", async () => {
    await using gateway = await startGateway({ config });

    const got = await fetch(new URL(path, gateway.url));
    const head = await fetch(new URL(path, gateway.url), { method: "HEAD" });

    expect(got.status).toBe(200);
    expect(await got.json()).toEqual({ status: "ok" });
    expect(got.headers.get("cache-control")).toBe("no-store");
    expect(head.status).toBe(200);
    expect(head.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await head.text()).toBe("");
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("answers also with a query string, as some probes send", async () => {
    await using gateway = await startGateway({ config });

    expect((await fetch(new URL(`${path}?verbose`, gateway.url))).status).toBe(200);
  });
});
