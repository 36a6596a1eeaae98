/**
 * A stand-in for Microsoft Graph that costs as little as possible: every answer is made of bytes prepared beforehand and
 * of the request's own. Counts what it is asked, for the parent process.
 */
import { createServer } from "node:http";
import { pageOf } from "./collection.mjs";
import { collectionPath, entity } from "./scenarios.mjs";

const context = '"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#deviceManagement/userPfxCertificates"';
const id = (number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const list = Buffer.from(
  `{${context},"value":${JSON.stringify(Array.from({ length: 100 }, (_, index) => entity(id(index))))}}`,
);
const stamps = '"createdDateTime":"2026-01-01T00:00:00Z","lastModifiedDateTime":"2026-01-01T00:00:00Z"';

let asked = 0;
let delayMs = 0;
/** With it the collection has so many records in pages; without it one page of a hundred. */
let records;

const server = createServer((request, response) => {
  asked += 1;
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    if (delayMs === 0) answer(request, body, response);
    else setTimeout(answer, delayMs, request, body, response);
  });
});

function answer({ method, url, headers }, body, response) {
  const path = url.replace(/^\/(v1\.0|beta)/, "").replace(/\?.*/, "");
  if (path === "/$batch") return send(response, 200, Buffer.from(JSON.stringify(batchOf(JSON.parse(body.toString())))));
  if (method === "POST" && path === collectionPath) {
    // Whoever sends an enum's name in GraphQL saves the work of turning it into Graph's.
    if (!body.includes('"smimeEncryption"')) return send(response, 400, Buffer.from("{}"));
    return send(response, 201, created(body));
  }
  if (method === "GET" && path === collectionPath) {
    if (records === undefined) return send(response, 200, list);
    return send(
      response,
      200,
      pageOf(records, new URL(url, `http://${headers.host}`), Buffer.from(`{${context},"value":[`)),
    );
  }
  if (method === "GET") return send(response, 200, Buffer.from(JSON.stringify(entity(path.split("/").at(-1)))));
  if (path === "/v1/traces") return send(response, 200, Buffer.alloc(0));
  return send(response, 404, Buffer.from("{}"));
}

/** What was sent, with what Graph adds; never parsed. */
function created(body) {
  return Buffer.concat([Buffer.from(`{${context},"id":"${id(asked)}",${stamps},`), body.subarray(1)]);
}

function batchOf({ requests }) {
  const responses = requests.map((item) =>
    item.method === "POST"
      ? { id: item.id, status: 201, headers: {}, body: { ...entity(id(item.id)), ...item.body } }
      : { id: item.id, status: 200, headers: {}, body: entity(item.url.split("/").at(-1)) },
  );
  return { responses };
}

function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}

process.on("message", (task) => {
  delayMs = task.delayMs ?? delayMs;
  records = task.records ?? records;
  process.send(asked);
  asked = 0;
});
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
