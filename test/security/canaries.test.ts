/**
 * Canaries: random values where secrets go, sent along every way that a request can fail, and then searched for in the
 * answer, its headers, the log at its most talkative, what the process prints, the metrics and the exported traces: as they
 * are, in other writings, and in pieces. What is a caller's to see again is left out by name: the file in the data of its own create, and ids.
 */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { UserPfxCertificates } from "../../src/datasources/user-pfx-certificates/user-pfx-certificates.ts";
import {
  answerStatus,
  challengeClaims,
  dropAnswer,
  dropRequest,
  type Fault,
  floodAnswer,
  garbleAnswer,
  hangAfterApplying,
  redirectTo,
  throttle,
  truncateAnswer,
} from "../../src/emulator/faults.ts";
import { sendRaw } from "../server/http/raw.ts";
import { type GatewayOptions, startGateway, type TestGateway } from "../support/gateway.ts";
import { anInput, thumbprintOf } from "../support/input.ts";
import { type OtlpCollector, startOtlpCollector } from "../support/otlp-collector.ts";
import { type Canaries, listenToOutput, placesOf, plantCanaries, showing, writingsOf } from "./canary.ts";

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

type Send = (gateway: TestGateway, canaries: Canaries) => Promise<Answer>;

const id = "0123456789abcdef0123456789abcdef-0123456789abcdef0123456789abcdef01234567";
const CREATE = "mutation ($input: CreateUserPfxCertificateInput!) { createUserPfxCertificate(input: $input) { id } }";
const UPDATE = `mutation ($input: UpdateUserPfxCertificateInput!) { updateUserPfxCertificate(id: "${id}", input: $input) { id } }`;
const MANY = `mutation ($inputs: [CreateUserPfxCertificateInput!]!) { createUserPfxCertificates(inputs: $inputs) {
  createdCount results { __typename ... on UserPfxCertificateFailure { code message graphRequestId retryAfterSeconds claims } }
} }`;

const inputOf = ({ blob, password }: Canaries, more: object = {}) => ({
  ...anInput({ encryptedPfxBlob: blob, encryptedPfxPassword: password }),
  ...more,
});

/** A body, whatever it is, with the bearer token. */
function post(
  gateway: TestGateway,
  { token }: Canaries,
  body: RequestInit["body"],
  headers: Record<string, string> = {},
) {
  return fetchText(gateway.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}`, ...headers },
    body: body ?? null,
  });
}

async function fetchText(url: string, options: RequestInit): Promise<Answer> {
  const response = await fetch(url, options);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** An operation, with its variables. */
function operation(query: string, variablesOf: (canaries: Canaries) => object = () => ({}), more: object = {}): Send {
  return (gateway, canaries) =>
    post(gateway, canaries, JSON.stringify({ query, variables: variablesOf(canaries), ...more }));
}

/** An operation whose text depends on the canaries. */
const text =
  (queryOf: (canaries: Canaries) => string, variables: object = {}): Send =>
  (gateway, canaries) =>
    post(gateway, canaries, JSON.stringify({ query: queryOf(canaries), variables }));

const create = (more: object | ((canaries: Canaries) => object) = {}): Send =>
  operation(CREATE, (canaries) => ({ input: inputOf(canaries, typeof more === "function" ? more(canaries) : more) }));

const literal = ({ blob, password }: Canaries, more = "") =>
  `{ thumbprint: "${"a".repeat(40)}" intendedPurpose: VPN userPrincipalName: "a@b.example" startDateTime: "2026-01-01T00:00:00Z"
     expirationDateTime: "2028-01-01T00:00:00Z" providerName: "p" keyName: "k" paddingScheme: NONE
     encryptedPfxBlob: "${blob}" encryptedPfxPassword: ${JSON.stringify(password)} ${more} }`;

function get(search: (canaries: Canaries) => Record<string, string>, headers: Record<string, string> = {}): Send {
  return (gateway, canaries) =>
    fetchText(`${gateway.url}?${new URLSearchParams(search(canaries))}`, {
      headers: { "apollo-require-preflight": "1", authorization: `Bearer ${canaries.token}`, ...headers },
    });
}

const whole = (canaries: Canaries) => JSON.stringify({ query: CREATE, variables: { input: inputOf(canaries) } });

const raw =
  (bytesOf: (canaries: Canaries) => string, thenEnd = false): Send =>
  (gateway, canaries) =>
    sendRaw(gateway.url, bytesOf(canaries), { thenEnd });

const head = (path: string, { token }: Canaries, ...more: string[]) =>
  [
    `POST ${path} HTTP/1.1`,
    "Host: g.example",
    "Content-Type: application/json",
    `Authorization: Bearer ${token}`,
    ...more,
  ]
    .join("\r\n")
    .concat("\r\n\r\n");

/** Requests that come to nothing in the gateway itself. */
const refusedHere: Readonly<Record<string, Send>> = {
  "JSON cut short": (gateway, canaries) => post(gateway, canaries, whole(canaries).slice(0, -20)),
  "JSON with a comma too many": (gateway, canaries) => post(gateway, canaries, whole(canaries).replace(/\}$/, ",}")),
  "a secret that begins like JSON": (gateway, canaries) => post(gateway, canaries, `{"query":${canaries.token}}`),
  "a secret for a body": (gateway, canaries) => post(gateway, canaries, canaries.password),
  "a secret for a body, in quotes": (gateway, canaries) => post(gateway, canaries, JSON.stringify(canaries.blob)),
  "an array of requests": (gateway, canaries) => post(gateway, canaries, `[${whole(canaries)},${whole(canaries)}]`),
  "another charset": (gateway, canaries) => post(gateway, canaries, Buffer.from(whole(canaries), "latin1")),
  "a body too large": (gateway, canaries) => post(gateway, canaries, whole(canaries) + " ".repeat(3_000_000)),
  "a form": (gateway, canaries) =>
    post(gateway, canaries, new URLSearchParams({ query: canaries.password }).toString(), {
      "content-type": "application/x-www-form-urlencoded",
    }),
  "a multipart form": (gateway, canaries) =>
    post(gateway, canaries, `--x\r\n\r\n${canaries.blob}\r\n--x--`, {
      "content-type": "multipart/form-data; boundary=x",
    }),
  "a media type with a secret": (gateway, canaries) =>
    post(gateway, canaries, whole(canaries), { "content-type": `application/${canaries.token}` }),
  "a charset with a secret": (gateway, canaries) =>
    post(gateway, canaries, whole(canaries), { "content-type": `application/json; charset=${canaries.token}` }),
  "an encoding with a secret": (gateway, canaries) =>
    post(gateway, canaries, whole(canaries), { "content-encoding": canaries.token }),
  "gzip that is none": (gateway, canaries) => post(gateway, canaries, whole(canaries), { "content-encoding": "gzip" }),
  "gzip cut short": (gateway, canaries) =>
    post(gateway, canaries, gzipSync(whole(canaries)).subarray(0, -12), { "content-encoding": "gzip" }),
  "gzip around broken JSON": (gateway, canaries) =>
    post(gateway, canaries, gzipSync(`${whole(canaries)}!`), { "content-encoding": "gzip" }),
  "a body cut short": raw((c) => head("/graphql", c, "Content-Length: 9999") + whole(c), true),
  "a chunk that is none": raw((c) => `${head("/graphql", c, "Transfer-Encoding: chunked")}${c.password}\r\n`),
  "two lengths": raw((c) => head("/graphql", c, "Content-Length: 5", "Content-Length: 7") + whole(c)),
  "no HTTP": raw((c) => `${c.password}\r\n\r\n`),
  "a header that is too large": raw((c) => head("/graphql", c, `X-Secret: ${c.token.repeat(800)}`)),
  "a header that is broken": raw((c) => `GET /graphql HTTP/1.1\r\n${c.password}\r\n\r\n`),
  "an expectation": raw((c) => head("/graphql", c, `Expect: ${c.token}`)),
  "an unknown path": raw((c) => head(`/${encodeURIComponent(c.password)}`, c, "Content-Length: 0")),
  "an unknown method": (gateway, { token, blob }) =>
    fetchText(gateway.url, { method: "PUT", body: blob, headers: { authorization: token } }),
  "an Accept with a secret": (gateway, canaries) =>
    post(gateway, canaries, '{"query":"{ __typename }"}', { accept: `application/${canaries.token}` }),
  "an Origin with a secret": (gateway, canaries) =>
    post(gateway, canaries, "{", { origin: `https://${canaries.token}.example` }),
  "an authorization that is no bearer token": (gateway, canaries) =>
    post(gateway, canaries, whole(canaries), { authorization: canaries.token }),
  "a traceparent that is a secret": (gateway, canaries) =>
    post(gateway, canaries, whole(canaries), { traceparent: canaries.token }),
  "a traceparent with a secret behind it": (gateway, canaries) =>
    post(gateway, canaries, whole(canaries), {
      traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-${canaries.token}`,
    }),
  "a tracestate, a baggage and a request id with a secret": (gateway, canaries) =>
    post(gateway, canaries, whole(canaries), {
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      tracestate: `a=${canaries.token}`,
      baggage: `a=${canaries.token}`,
      "x-request-id": canaries.token,
    }),
  "two bearer tokens": (gateway, canaries) =>
    post(gateway, canaries, whole(canaries), { authorization: `Bearer ${canaries.token}, Bearer ${canaries.token}` }),

  "a GET of a mutation": get((c) => ({ query: `mutation { createUserPfxCertificate(input: ${literal(c)}) { id } }` })),
  "a GET with variables that are not JSON": get((c) => ({ query: "{ __typename }", variables: c.password })),
  "a GET with extensions that are not JSON": get((c) => ({ query: "{ __typename }", extensions: c.blob })),
  "a GET with two queries": (gateway, { password }) =>
    fetchText(
      `${gateway.url}?${new URLSearchParams([
        ["query", password],
        ["query", password],
      ])}`,
      {
        headers: { "apollo-require-preflight": "1" },
      },
    ),
  "a GET without a preflight header": get((c) => ({ query: c.password }), { "apollo-require-preflight": "" }),
  "a GET of an unknown operation": get((c) => ({ query: "query A { __typename }", operationName: c.password })),
  "a GET of an unknown field": get((c) => ({ query: `{ userPfxCertificate(id: "${c.blob}", x: 1) { id } }` })),

  "a query that is a secret": text(({ password }) => password),
  "a query that is an object": (gateway, canaries) =>
    post(gateway, canaries, JSON.stringify({ query: { a: canaries.blob } })),
  "a string that doesn't end": text(({ password }) => `{ userPfxCertificate(id: "${password}`),
  "an escape that is none": text(({ blob }) => `{ userPfxCertificate(id: "${blob}\\q") { id } }`),
  "half a surrogate pair": text(({ blob }) => `{ userPfxCertificate(id: "${blob}\\ud800") { id } }`),
  "an operation's name that is a secret": text(
    ({ password }) => `query q${Buffer.from(password).toString("hex")} { __typename }`,
  ),
  "an operation's and an alias's name that are secrets, with errors": text(({ password }) => {
    const name = `q${Buffer.from(password).toString("hex")}`;
    return `query ${name} { __typename userPfxCertificate(id: "../${name}") { id } }`;
  }),
  "an operation's name that the document has not": (gateway, canaries) =>
    post(gateway, canaries, JSON.stringify({ query: "query A { __typename }", operationName: canaries.password })),
  "variables that are a string": (gateway, canaries) =>
    post(gateway, canaries, JSON.stringify({ query: CREATE, variables: canaries.password })),
  "variables that are a list": (gateway, canaries) =>
    post(gateway, canaries, JSON.stringify({ query: CREATE, variables: [canaries.password] })),
  "extensions that are a string": (gateway, canaries) =>
    post(gateway, canaries, JSON.stringify({ query: "{ __typename }", extensions: canaries.password })),
  "extensions with a secret": (gateway, canaries) =>
    post(gateway, canaries, JSON.stringify({ query: "{ nothing }", extensions: { secret: canaries.password } })),
  "a persisted query's hash": (gateway, canaries) =>
    post(
      gateway,
      canaries,
      JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: canaries.password } } }),
    ),

  "no input": operation(CREATE, ({ password }) => ({ other: password })),
  "a list for the input": operation(CREATE, (canaries) => ({ input: [inputOf(canaries)] })),
  "a secret for the input": operation(CREATE, ({ password }) => ({ input: password })),
  "a property missing": create({ keyName: undefined }),
  "a property of null": create({ keyName: null }),
  "the file missing": create({ encryptedPfxBlob: undefined }),
  "a property misspelt": create(({ password }) => ({ encryptedPfxPasword: password, encryptedPfxPassword: undefined })),
  "a property that is the secret": create(({ password }) => ({ [password]: password })),
  "a property that is a secret's name-like part": create(({ token }) => ({ [token.replaceAll("-", "_")]: 1 })),
  "the password for the thumbprint": create(({ password }) => ({ thumbprint: password })),
  "the password for an enum": create(({ password }) => ({ paddingScheme: password })),
  "the password for a date": create(({ password }) => ({ startDateTime: password })),
  "the password for the file": create(({ password }) => ({ encryptedPfxBlob: password })),
  "the password for the user": create(({ password }) => ({ userPrincipalName: password })),
  "the password in a list": create(({ password }) => ({ encryptedPfxPassword: [password] })),
  "the password in an object": create(({ password }) => ({ encryptedPfxPassword: { value: password } })),
  "the password with a control character": create(({ password }) => ({ encryptedPfxPassword: `${password}\u0000` })),
  "the file without padding": create(({ blob }) => ({ encryptedPfxBlob: `${blob}A` })),
  "the file as bytes": create(({ blob }) => ({ encryptedPfxBlob: [...Buffer.from(blob, "base64")] })),
  "dates the wrong way round": create({ startDateTime: "2029-01-01T00:00:00Z" }),
  "twenty problems at once": create(({ password }) =>
    Object.fromEntries([...Object.keys(anInput()), ..."abcdefghij"].map((name) => [name, { [password]: password }])),
  ),
  "sixty problems at once": create(({ password }) =>
    Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`property${n}`, password])),
  ),
  "a variable of another type": operation(CREATE.replace("PfxCertificateInput!", "PfxCertificateInput"), (c) => ({
    input: inputOf(c),
  })),

  "a literal misspelt": text(
    (c) => `mutation { createUserPfxCertificate(input: ${literal(c, `secret: "${c.blob}"`)}) { id } }`,
  ),
  "a literal of the wrong type": text(({ blob }) => `mutation { createUserPfxCertificate(input: "${blob}") { id } }`),
  "a literal for an enum": text(
    (c) => `mutation { createUserPfxCertificate(input: ${literal(c).replace("NONE", `"${c.blob}"`)}) { id } }`,
  ),
  "a literal twice": text(
    (c) => `mutation { createUserPfxCertificate(input: ${literal(c, `encryptedPfxBlob: "${c.blob}"`)}) { id } }`,
  ),
  "a literal for an unknown argument": text(({ blob }) => `{ userPfxCertificate(id: "a", secret: "${blob}") { id } }`),
  "a literal for an unknown field": text(({ blob }) => `{ importPfx(blob: "${blob}") { id } }`),
  "a literal for a directive": text(({ blob }) => `{ __typename @include(if: "${blob}") }`),
  "a literal for an unknown directive": text(({ blob }) => `{ __typename @secret(value: "${blob}") }`),
  "a literal within an alias": text(
    ({ blob }) => `{ a: userPfxCertificate(id: "${blob}") { id } a: userPfxCertificate(id: "${blob}x") { id } }`,
  ),
  "a literal in a fragment that nothing uses": text(
    ({ blob }) => `{ __typename } fragment F on Query { userPfxCertificate(id: "${blob}") { id } }`,
  ),
  "a block string": text(({ blob }) => `{ userPfxCertificates(first: """${blob}""") { nodes { id } } }`),
  "a default of the wrong type": text(
    ({ blob }) => `query ($first: Int = "${blob}") { userPfxCertificates(first: $first) { nodes { id } } }`,
  ),
  "a default that null replaces": text(
    ({ blob }) => `query ($id: ID = "${blob}") { userPfxCertificate(id: $id) { id } }`,
    { id: null },
  ),
  "a document that is too large": text(
    (c) =>
      `mutation { ${Array.from({ length: 101 }, (_, n) => `a${n}: createUserPfxCertificate(input: ${literal(c)}) { id }`).join(" ")} }`,
  ),
  "a name that is a long secret": text(({ token }) => `{ ${token.replaceAll("-", "_").repeat(4)} }`),

  "an id that is a secret": operation("query ($v: ID!) { userPfxCertificate(id: $v) { id } }", ({ password }) => ({
    v: password,
  })),
  "an id of a deletion": operation("mutation ($v: ID!) { deleteUserPfxCertificate(id: $v) }", ({ password }) => ({
    v: password,
  })),
  "an id of an update": operation(
    'mutation ($v: ID!) { updateUserPfxCertificate(id: $v, input: { keyName: "k" }) { id } }',
    ({ password }) => ({ v: password }),
  ),
  "a cursor": operation("query ($v: String) { userPfxCertificates(after: $v) { nodes { id } } }", ({ password }) => ({
    v: password,
  })),
  "a cursor of base64": operation(
    "query ($v: String) { userPfxCertificates(after: $v) { nodes { id } } }",
    ({ blob }) => ({ v: blob }),
  ),
  "a filter": operation(
    "query ($v: UserPfxCertificateFilter) { userPfxCertificates(filter: $v) { nodes { id } } }",
    ({ password }) => ({
      v: { userPrincipalName: password, thumbprint: password, expiresBefore: password, [password]: 1 },
    }),
  ),
  "a page's size": operation("query ($v: Int) { userPfxCertificates(first: $v) { nodes { id } } }", ({ password }) => ({
    v: password,
  })),
  "an entity that is none": operation(
    "query ($v: [_Any!]!) { _entities(representations: $v) { __typename } }",
    ({ password }) => ({
      v: [{ __typename: password, id: password }],
    }),
  ),
  "an entity's id": operation(
    "query ($v: [_Any!]!) { _entities(representations: $v) { __typename } }",
    ({ password }) => ({
      v: [{ __typename: "UserPfxCertificate", id: password }],
    }),
  ),
  "a user that is none": operation(
    "query ($v: [_Any!]!) { _entities(representations: $v) { ... on User { userPrincipalName } } }",
    ({ password }) => ({
      v: [{ __typename: "User", userPrincipalName: password }],
    }),
  ),
  "many certificates, each wrong in its way": operation(MANY, (c) => ({
    inputs: [
      inputOf(c, { thumbprint: c.password }),
      inputOf(c, { encryptedPfxPassword: `${c.password}\n` }),
      inputOf(c, { userPrincipalName: c.password }),
    ],
  })),
  "many certificates, one of them of the wrong type": operation(MANY, (c) => ({
    inputs: [inputOf(c), inputOf(c, { paddingScheme: c.password }), c.password],
  })),
};

let collector: OtlpCollector;

beforeAll(async () => {
  collector = await startOtlpCollector();
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await collector[Symbol.asyncDispose]();
});

async function probe(send: Send, options: GatewayOptions, canaries: Canaries) {
  await using gateway = await startGateway({
    ...options,
    config: { ...options.config, metricsPort: 0, tracing: true },
  });
  using output = listenToOutput();
  const { length } = collector.requests;
  const answer = await send(gateway, canaries);
  const metrics = await gateway.metrics();
  await gateway.emulator.close();
  await gateway.stop(); // which exports the spans
  const spans = collector.requests.slice(length).join("\n");
  const shown = showing(canaries, placesOf(gateway, answer, { output: output.text, metrics, spans }));
  return { ...answer, shown, gateway, metrics, spans };
}

const production = { introspection: false, explorer: false, requestDeadlineMs: 4000 } as const;

describe.each([
  ["in production", production, false],
  ["in production, its password encrypted", production, true],
  ["in development", { requestDeadlineMs: 4000 }, false],
])("a rejected request, %s, leaks no secret:", (_, config, isStorable) => {
  it.each(Object.entries(refusedHere))("%s", async (_, send) => {
    const { shown, text: body, status } = await probe(send, { config }, plantCanaries({ isStorable }));

    expect(shown).toEqual([]);
    expect(body).toMatch(/"(errors|code|data)"/);
    expect(status).toBeLessThan(500);
  });
});

/** How Graph, or something before it, may quote what it was sent. */
const quotes: Readonly<Record<string, (canaries: Canaries) => { body?: unknown; headers?: Record<string, string> }>> = {
  "in its message": (c) => ({ body: envelope(`Invalid value '${c.blob}' and '${c.password}', Bearer ${c.token}`) }),
  "in its message, as the whole body": (c) => ({ body: envelope(`Cannot read ${JSON.stringify(inputOf(c))}`) }),
  "in its code": (c) => ({ body: { error: { code: c.token, message: "" } } }),
  "in Intune's JSON": (c) => ({
    body: envelope(JSON.stringify({ _version: 3, Message: `${c.blob} ${c.password} ${c.token}`, RetryAfter: null })),
  }),
  "in Intune's JSON, two levels deep": (c) => ({
    body: envelope(
      JSON.stringify({ ErrorCode: c.token, Message: JSON.stringify({ Message: `${c.password} ${c.blob}` }) }),
    ),
  }),
  "in Intune's JSON, cut short": (c) => ({
    body: envelope(JSON.stringify({ _version: 3, Message: `${c.blob} ${c.password}` }).slice(0, -9)),
  }),
  "in properties nobody asked for": (c) => ({
    body: { error: { code: "x", message: "y", details: [c], innerError: { "request-id": c.token } }, ...c },
  }),
  "in HTML": (c) => ({
    body: `<html><body>${c.blob} ${c.password}</body></html>`,
    headers: { "content-type": "text/html" },
  }),
  "as text": (c) => ({ body: `${c.blob} ${c.password}`, headers: { "content-type": "text/plain" } }),
  "in JSON cut short": (c) => ({ body: JSON.stringify(envelope(c.password)).slice(0, -3) }),
  "as its whole message": (c) => ({ body: envelope(c.password) }),
  "as a certificate": (c) => ({ body: { id: 5, ...inputOf(c) } }),
  ...Object.fromEntries(
    Object.keys(writingsOf("")).map((writing) => [
      `in its message, ${writing}`,
      (c: Canaries) => ({
        body: envelope(
          Object.values(c)
            .map((secret: string) => writingsOf(secret)[writing] ?? "")
            .join(" and "),
        ),
      }),
    ]),
  ),
  "in upper-case hex": (c) => ({ body: envelope(Buffer.from(c.password).toString("hex").toUpperCase()) }),
  "in lower case": (c) => ({ body: envelope(`${c.password} ${c.blob} ${c.token}`.toLowerCase()) }),
  "piece by piece": (c) => ({ body: envelope((`${c.blob}${c.password}`.match(/.{1,13}/gs) ?? []).join(", ")) }),
  "in headers": (c) => ({
    body: envelope("no"),
    headers: {
      "request-id": c.token,
      "client-request-id": c.token,
      "x-ms-ags-diagnostic": c.token,
      "www-authenticate": `Bearer realm="${c.token}", error_description="${c.blob}"`,
      "retry-after": c.token,
      location: `https://graph.microsoft.com/${c.token}`,
      "set-cookie": c.token,
      warning: c.token,
    },
  }),
};

function envelope(message: string): object {
  return { error: { code: "BadRequest", message, innerError: { date: "2026-01-01T00:00:00" } } };
}

const collection = /userPfxCertificates/;
const everything = /./;
const deletion = operation(`mutation { deleteUserPfxCertificate(id: "${id}") }`);
const update = operation(UPDATE, ({ blob, password }) => ({
  input: { encryptedPfxBlob: blob, encryptedPfxPassword: password },
}));
const many = operation(MANY, (c) => ({ inputs: [1, 2, 3].map((n) => inputOf(c, { thumbprint: thumbprintOf(n) })) }));
const reading = operation(`{ userPfxCertificate(id: "${id}") { id } }`);
const listing = operation("{ userPfxCertificates(first: 2) { nodes { id } } }");

describe.each(Object.entries(quotes))("a Graph that quotes the request, %s,", (_, quote) => {
  it.each([400, 401, 403, 404, 409, 413, 422, 429, 500, 503])("with status %i, leaks no secret", async (status) => {
    const canaries = plantCanaries({ isStorable: true });
    const fault = answerStatus("POST", collection, status, { ...quote(canaries), times: 10 });

    const { shown } = await probe(create(), { config: production, faults: [fault] }, canaries);

    expect(shown).toEqual([]);
  });

  it.each([
    ["an update", update, "PATCH"],
    ["a deletion", deletion, "DELETE"],
    ["a read", reading, "GET"],
    ["a list", listing, "GET"],
    ["many creates", many, "POST"],
  ])("in response to %s, leaks no secret", async (_, send, method) => {
    for (const status of [200, 400, 502]) {
      const canaries = plantCanaries({ isStorable: true });
      const fault = answerStatus(method, everything, status, { ...quote(canaries), times: 20 });

      const { shown } = await probe(send, { config: production, faults: [fault] }, canaries);

      // A read or a deletion has no file: what is not in the request can't be known to be secret.
      const sent = send === update || send === many ? shown : shown.filter((each) => each.startsWith("token"));
      expect(sent).toEqual([]);
    }
  });
});

describe("a batch of certificates with different secrets", () => {
  const canaries = [1, 2, 3].map(() => plantCanaries({ isStorable: true }));
  const send: Send = (gateway, { token }) => {
    const inputs = canaries.map((each, n) => inputOf(each, { thumbprint: thumbprintOf(n) }));
    return post(gateway, { blob: "", password: "", token }, JSON.stringify({ query: MANY, variables: { inputs } }));
  };
  const quoted = canaries.map(({ blob, password }) => `${blob} ${password}`).join(" ");
  const responses = canaries.map((_, n) => ({
    id: String(n),
    status: 400,
    headers: { a: [[]] },
    body: envelope(quoted),
  }));

  it.each([
    ["the whole is refused", { status: 400, body: envelope(quoted) }],
    ["the whole fails", { status: 503, body: envelope(quoted) }],
    ["each is refused", { status: 200, body: { responses } }],
  ])("leaks none of them if %s and quotes them all", async (_, { status, body }) => {
    const faults = [
      answerStatus("POST", /\$batch/, status, { body, times: 9 }),
      answerStatus("POST", collection, 400, { body: envelope(quoted), times: 9 }), // those that go by themselves
    ];

    const own = plantCanaries({ isStorable: true });
    const { text: answer, gateway } = await probe(send, { config: production, faults }, own);

    expect(answer).toContain('"createdCount":0');
    const shown = canaries.flatMap((each) =>
      showing({ blob: each.blob, password: each.password }, { answer, log: JSON.stringify(gateway.log) }),
    );
    expect(shown).toEqual([]);
  });
});

const accidents: Readonly<Record<string, (canaries: Canaries) => Fault[]>> = {
  "a reset before": () => [dropRequest("POST", collection, { times: 9 })],
  "a reset after": () => [dropAnswer("POST", collection, { times: 9 }), dropRequest("GET", collection, { times: 9 })],
  "an answer cut short": () => [
    truncateAnswer("POST", collection, { times: 9 }),
    dropRequest("GET", collection, { times: 9 }),
  ],
  "an answer of HTML": () => [
    garbleAnswer("POST", collection, "html", { times: 9 }),
    dropRequest("GET", collection, { times: 9 }),
  ],
  "an answer of broken JSON": () => [garbleAnswer("POST", collection, "brokenJson", { times: 9 })],
  "an answer of 40 MB": () => [floodAnswer("POST", collection, 40_000_000, { times: 9 })],
  "an error of 1 MB": () => [floodAnswer("POST", collection, 1_000_000, { status: 400, times: 9 })],
  "a redirect": ({ token }) => [redirectTo("POST", collection, `https://evil.example/${token}`, 307, { times: 9 })],
  "a redirect of reads": ({ token }) => [
    dropAnswer("POST", collection, { times: 9 }),
    redirectTo("GET", collection, `https://evil.example/${token}`, 302, { times: 9 }),
  ],
  throttling: () => [throttle("POST", collection, 60_000, "nested", { times: 9 })],
  "a hanging Graph": () => [
    hangAfterApplying("POST", collection, { times: 9 }),
    hangAfterApplying("GET", collection, { times: 9 }),
  ],
  "a claims challenge": () => [
    challengeClaims("POST", collection, '{"access_token":{"nbf":{"essential":true}}}', { times: 9 }),
  ],
  "an enum member of the future": (c) => [
    answerStatus("POST", collection, 201, {
      apply: true,
      body: { ...inputOf(c), id, intendedPurpose: c.token, paddingScheme: c.password },
    }),
  ],
  "a created record that is none": (c) => [
    answerStatus("POST", collection, 201, { body: { ...inputOf(c), id: { a: c.blob } }, times: 9 }),
  ],
  "a list nested 100,000 deep in an error": () => [
    answerStatus("POST", collection, 429, {
      body: envelope(`{"RetryAfter":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
      times: 9,
    }),
  ],
};

describe("a network failure on the way to Graph", () => {
  it.each(Object.entries(accidents))("leaks no secret: %s", async (_, faultsOf) => {
    const canaries = plantCanaries({ isStorable: true });
    const options = { config: { ...production, requestDeadlineMs: 1500 }, faults: faultsOf(canaries) };

    const one = await probe(create(), options, canaries);
    const several = await probe(many, { ...options, faults: faultsOf(canaries) }, canaries);

    expect(one.shown).toEqual([]);
    expect(several.shown).toEqual([]);
    expect(one.text).not.toContain("INTERNAL_SERVER_ERROR");
  });

  it("leaks no secret if the certificate exists with another file", async () => {
    const canaries = plantCanaries({ isStorable: true });
    const first: Send = async (gateway) => {
      await create()(gateway, canaries);
      return create({ encryptedPfxBlob: Buffer.from("another file").toString("base64") })(gateway, canaries);
    };

    const { shown, text: body } = await probe(first, { config: production }, canaries);

    expect(body).toContain("CONFLICT");
    expect(shown).toEqual([]);
  });
});

describe("a default that is replaced by null", () => {
  it("is reported as the caller's mistake, by path", async () => {
    const send = text(({ blob }) => `query ($id: ID = "${blob}") { userPfxCertificate(id: $id) { id } }`, { id: null });

    const { text: body, gateway } = await probe(send, { config: production }, plantCanaries());

    expect(JSON.parse(body).errors).toMatchObject([
      { extensions: { code: "BAD_USER_INPUT", invalid: [{ path: "id", message: "must not be null" }] } },
    ]);
    expect(gateway.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});

describe("a bug in the gateway", () => {
  it.each(["create", "createMany", "update", "list", "get", "delete"] as const)(
    "leaks no secret, in %s",
    async (method) => {
      const canaries = plantCanaries({ isStorable: true });
      const error = Object.assign(new TypeError(`cannot read ${canaries.password}`, { cause: { ...canaries } }), {
        input: inputOf(canaries),
        stack: `TypeError: ${canaries.blob}\n    at create (file.ts:1:1)`,
      });
      const broken = vi.spyOn(UserPfxCertificates.prototype, method).mockRejectedValue(error);
      const send = { create: create(), createMany: many, update, list: listing, get: reading, delete: deletion }[
        method
      ];

      const { shown, text: body } = await probe(send, { config: production }, canaries);
      broken.mockRestore();

      expect(body).toContain("INTERNAL_SERVER_ERROR");
      expect(shown).toEqual([]);
    },
  );
});

describe("the searched output", () => {
  it("contains the metrics and spans of the same request", async () => {
    const { metrics, spans } = await probe(create(), { config: production }, plantCanaries({ isStorable: true }));

    expect(metrics).toContain('graphql_requests_total{operation_type="mutation",outcome="success"} 1');
    expect(metrics).toContain('graph_upstream_requests_total{operation="create",status="201"} 1');
    for (const name of ["POST /graphql", "mutation", "POST /v1.0/deviceManagement/userPfxCertificates"]) {
      expect(spans).toContain(name);
    }
  });
});

describe("a created certificate", () => {
  it.each([
    ["by variables", create()],
    ["by literals", text((c) => `mutation { createUserPfxCertificate(input: ${literal(c)}) { id } }`)],
    ["among many", many],
  ])("leaks its secrets nowhere, %s", async (_, send) => {
    const canaries = plantCanaries({ isStorable: true });

    const { shown, gateway } = await probe(send, { config: production }, canaries);

    expect(gateway.emulator.records[0]?.encryptedPfxPassword).toBe(canaries.password);
    expect(shown).toEqual([]);
  });

  it("shows its file only in the data that selected it", async () => {
    const canaries = plantCanaries({ isStorable: true });
    const send = operation(CREATE.replace("{ id }", "{ encryptedPfxBlob encryptedPfxPassword }"), (c) => ({
      input: inputOf(c),
    }));

    const { shown } = await probe(send, { config: production }, canaries);

    expect(shown.length).toBeGreaterThan(0); // the search finds what is there
    expect(shown.filter((each) => !/^(blob|password), .*, in answer$/.test(each))).toEqual([]);
  });
});
