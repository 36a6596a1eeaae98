/** A port of this machine, to which the browser brings the authority's answer. It takes one answer. */
import { createServer, type RequestListener, type Server } from "node:http";
import { CliError, ExitCode } from "../cli-error.ts";

export interface RedirectReceiver {
  /** `http://localhost:PORT`; Entra lets a registered `http://localhost` have any port. */
  readonly redirectUri: string;
  /** The parameters of the answer that has the state. Not validated otherwise. */
  readonly answer: Promise<URLSearchParams>;
  close(): void;
}

const page = (text: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>intune-pfx</title><p>${text}</p></html>\n`;
const received = page("The terminal goes on from here. You can close this window.");
const refused = page("The sign-in did not succeed; the terminal says why. You can close this window.");
const foreign = page("This is no answer to the sign-in that the terminal waits for.");

const headers = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  connection: "close",
};

/** @param state that the answer must have; whatever else comes to the port is turned away. */
export async function receiveRedirect(state: string): Promise<RedirectReceiver> {
  const { promise: answer, resolve } = withResolver<URLSearchParams>();
  let isAnswered = false;
  const onRequest: RequestListener = (request, response) => {
    const { pathname, searchParams } = new URL(`http://localhost${request.url?.startsWith("/") ? request.url : "/"}`);
    const isAnswer = request.method === "GET" && pathname === "/" && searchParams.get("state") === state;
    if (!isAnswer || isAnswered) return void response.writeHead(isAnswer ? 410 : 404, headers).end(foreign);
    isAnswered = true;
    response.once("close", () => resolve(searchParams)); // the page is out, or nobody wants it any more
    response.writeHead(200, headers).end(searchParams.has("error") ? refused : received);
  };
  const server = createServer(onRequest);
  const port = await listen(server, "127.0.0.1", 0);
  // Some browsers take localhost for ::1 first; nobody else should answer there. A machine without IPv6 does without.
  const serverV6 = createServer(onRequest);
  await listen(serverV6, "::1", port).catch(() => {});
  return {
    redirectUri: `http://localhost:${port}`,
    answer,
    close() {
      for (const each of [server, serverV6]) {
        each.close();
        each.closeAllConnections();
      }
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = () => {
      const message = "No port of this machine can be opened for the browser's answer. Use --auth device-code.";
      reject(new CliError(ExitCode.SIGN_IN, "SIGN_IN_FAILED", message, { option: "--auth" }));
    };
    server.once("error", fail);
    server.listen({ host, port }, () => {
      const address = server.address();
      if (address === null || typeof address === "string") fail();
      else resolve(address.port);
    });
  });
}

function withResolver<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
