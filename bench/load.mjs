/**
 * The load generator, in a process of its own: so many connections, each with one request under way, for so many seconds.
 * What it is told and what it tells goes over the channel to the parent process.
 */
import { Client } from "undici";
import { placeholder, scenarios } from "./scenarios.mjs";

let counter = 0;

/** The body of a scenario, made different each time wherever the placeholder stands. */
function bodies({ query, variables, extensions, documentId }) {
  const template = Buffer.from(JSON.stringify({ query, variables, extensions, documentId }));
  const places = [];
  for (let at = template.indexOf(placeholder); at !== -1; at = template.indexOf(placeholder, at + 1)) places.push(at);
  return () => {
    if (places.length === 0) return template;
    const body = Buffer.from(template);
    const digits = (counter++).toString(16).padStart(placeholder.length, "0");
    for (const at of places) body.write(digits, at, "latin1");
    return body;
  };
}

/** @throws {Error} unless the answer is whole: an answer with errors may cost more than a right one, or less. */
async function proveWhole(port, body) {
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    authorization: "Bearer bench-token",
  };
  const answer = await fetch(`http://127.0.0.1:${port}/graphql`, { method: "POST", headers, body });
  const { errors } = await answer.json();
  if (errors !== undefined) throw new Error(`the answer has errors: ${JSON.stringify(errors[0])}`);
}

/** Resolves with the answer's milliseconds; rejects where it is not the right one. */
function ask(client, body, begins) {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    let status = 0;
    let head;
    client.dispatch(
      {
        method: "POST",
        path: "/graphql",
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          authorization: "Bearer bench-token",
        },
        body,
      },
      {
        onRequestStart() {},
        onResponseStart(_, code) {
          status = code;
        },
        onResponseData(_, chunk) {
          head ??= chunk.toString("latin1", 0, 300);
        },
        onResponseEnd() {
          if (status === 200 && head?.replaceAll(/\s/g, "").startsWith(begins)) resolve(performance.now() - startedAt);
          else reject(new Error(`HTTP ${status}: ${head}`));
        },
        onResponseError: (_, error) => reject(error),
      },
    );
  });
}

async function run({ port, scenario, particular, connections, seconds }) {
  const asked = { ...scenarios[scenario], ...particular };
  const body = bodies(asked);
  await proveWhole(port, body());
  const latencies = [];
  const clients = Array.from({ length: connections }, () => new Client(`http://127.0.0.1:${port}`));
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  await Promise.all(
    clients.map(async (client) => {
      do latencies.push(await ask(client, body(), asked.begins));
      while (performance.now() < endsAt);
    }),
  );
  const elapsedMs = performance.now() - startedAt;
  await Promise.all(clients.map((client) => client.close()));
  latencies.sort((one, other) => one - other);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))];
  return { requests: latencies.length, elapsedMs, p50Ms: at(0.5), p99Ms: at(0.99) };
}

process.on("message", async (task) => {
  process.send(await run(task).catch((error) => ({ error: error.message })));
});
process.on("disconnect", () => process.exit());
