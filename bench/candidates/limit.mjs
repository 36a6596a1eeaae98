/**
 * What no gateway can be faster than by much: body in, JSON.parse, one request to Graph (a `$batch` of twenty where there
 * are many), JSON.parse, JSON.stringify, answer. No GraphQL, no checks.
 */
import { createServer } from "node:http";
import { Pool } from "undici";
import { answered, collectionPath } from "../scenarios.mjs";

const pool = new Pool(process.env.GRAPH_BASE_URL, { connections: 128 });
const purposes = { SMIME_ENCRYPTION: "smimeEncryption" };
const schemes = { OAEP_SHA512: "oaepSha512" };

async function ask(method, path, authorization, body) {
  const answer = await pool.request({
    method,
    path: `/v1.0${path}`,
    headers: { accept: "application/json", authorization, ...(body && { "content-type": "application/json" }) },
    body: body && JSON.stringify(body),
  });
  return JSON.parse(await answer.body.text());
}

const wire = (input) => ({
  "@odata.type": "#microsoft.graph.userPFXCertificate",
  ...input,
  intendedPurpose: purposes[input.intendedPurpose],
  paddingScheme: schemes[input.paddingScheme],
});

function certificate(entity, names = answered) {
  const result = {};
  for (const name of names) result[name] = entity[name] ?? null;
  return result;
}

const all = [...answered, "encryptedPfxBlob", "encryptedPfxPassword"];

async function batches(items, authorization, requestOf) {
  const parts = [];
  for (let at = 0; at < items.length; at += 20) parts.push(items.slice(at, at + 20));
  const answers = await Promise.all(
    parts.map((part) =>
      ask("POST", "/$batch", authorization, {
        requests: part.map((item, index) => ({ id: String(index), ...requestOf(item) })),
      }),
    ),
  );
  return answers.flatMap(({ responses }) => responses.map(({ body }) => body));
}

async function resolve({ query, variables }, authorization) {
  if (query.startsWith("mutation CreateMany")) {
    const created = await batches(variables.inputs, authorization, (input) => ({
      method: "POST",
      url: collectionPath,
      headers: { "Content-Type": "application/json" },
      body: wire(input),
    }));
    const results = created.map((entity) => certificate(entity));
    return { createUserPfxCertificates: { createdCount: results.length, failedCount: 0, results } };
  }
  if (query.startsWith("mutation")) {
    const entity = await ask("POST", collectionPath, authorization, wire(variables.input));
    return { createUserPfxCertificate: certificate(entity) };
  }
  if (query.startsWith("query List")) {
    const { value } = await ask("GET", collectionPath, authorization);
    const nodes = value.map((entity) => certificate(entity, all));
    return { userPfxCertificates: { nodes, pageInfo: { hasNextPage: false } } };
  }
  if (query.startsWith("query Entities")) {
    const entities = await batches(variables.representations, authorization, ({ id }) => ({
      method: "GET",
      url: `${collectionPath}/${id}`,
    }));
    return { _entities: entities.map((entity) => certificate(entity, all)) };
  }
  return { __typename: "Query" };
}

createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const data = await resolve(JSON.parse(Buffer.concat(chunks).toString()), request.headers.authorization);
    const body = JSON.stringify({ data });
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
}).listen(Number(process.env.PORT), "127.0.0.1");
