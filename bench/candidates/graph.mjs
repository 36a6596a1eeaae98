/** Two ways of asking Graph: `fetch`, as most examples do, and undici's pool, which is faster. */
import { Pool } from "undici";

const baseUrl = process.env.GRAPH_BASE_URL;

export async function fetchGraph(method, path, authorization, body) {
  const answer = await fetch(`${baseUrl}/v1.0${path}`, {
    method,
    headers: { accept: "application/json", authorization, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`Graph answered ${answer.status}`);
  return answer.json();
}

const pool = new Pool(baseUrl, { connections: 128 });

export async function requestGraph(method, path, authorization, body) {
  const answer = await pool.request({
    method,
    path: `/v1.0${path}`,
    headers: { accept: "application/json", authorization, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (answer.statusCode >= 300) throw new Error(`Graph answered ${answer.statusCode}`);
  return answer.body.json();
}
