/** Stands before a subgraph and writes down what it is asked and how it answers. */
import { request as ask, createServer } from "node:http";

export async function startRecorder(target) {
  const calls = [];
  let cuts = 0;
  let hangs = 0;
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const call = { headers: request.headers, body: JSON.parse(body.toString()), status: undefined };
    calls.push(call);
    if (cuts > 0) {
      cuts -= 1;
      request.socket.resetAndDestroy();
      return;
    }
    if (hangs > 0) {
      hangs -= 1;
      return;
    }
    const { method, headers } = request;
    const forwarded = ask(target, { method, headers }, (answer) => {
      call.status = answer.statusCode;
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    forwarded.once("error", () => response.destroy());
    forwarded.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/graphql`,
    calls,
    /** Breaks the next connections without having passed the request on. */
    cut(count) {
      cuts = count;
    },
    /** Leaves the next requests without an answer and doesn't pass them on. */
    hang(count) {
      hangs = count;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
