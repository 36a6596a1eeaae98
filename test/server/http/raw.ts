/** HTTP by hand, for what a well-behaved client can't be made to send. */
import { connect, type Socket } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Opens a connection to a gateway that stays half open, whatever the server does, until the test closes it. */
export function connectTo(gatewayUrl: string): Socket {
  const { hostname, port } = new URL(gatewayUrl);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on("error", () => {}); // a cut connection shows in what was received
  return socket;
}

/** Sends bytes and reads one answer; `thenEnd` closes the sending side after the bytes. */
export async function sendRaw(
  gatewayUrl: string,
  bytes: string | Uint8Array,
  { thenEnd = false }: { thenEnd?: boolean } = {},
): Promise<RawAnswer> {
  const socket = connectTo(gatewayUrl);
  socket.write(bytes);
  if (thenEnd) socket.end();
  try {
    return await readAnswer(socket);
  } finally {
    socket.destroy();
  }
}

/** The next answer on a connection; an error where it closes before the answer is whole. */
export function readAnswer(socket: Socket): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let received = "";
    const read = (chunk: Buffer) => {
      received += chunk.toString("latin1");
      const answer = parseAnswer(received);
      if (answer === undefined) return;
      socket.off("data", read);
      resolve(answer);
    };
    const close = () => reject(new Error(`no whole answer, but ${JSON.stringify(received)}`));
    if (socket.destroyed || socket.readableEnded) close();
    socket.on("data", read).once("end", close).once("close", close);
  });
}

function parseAnswer(received: string): RawAnswer | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const [statusLine = "", ...lines] = received.slice(0, headEnd).split("\r\n");
  const headers = new Headers();
  for (const line of lines) headers.append(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim());
  const text = bodyOf(received.slice(headEnd + 4), headers);
  return text === undefined ? undefined : { status: Number(statusLine.split(" ")[1]), headers, text };
}

function bodyOf(rest: string, headers: Headers): string | undefined {
  if (headers.get("transfer-encoding") !== "chunked") {
    const length = Number(headers.get("content-length"));
    return rest.length < length ? undefined : Buffer.from(rest.slice(0, length), "latin1").toString("utf8");
  }
  let text = "";
  for (let at = 0; ; ) {
    const sizeEnd = rest.indexOf("\r\n", at);
    if (sizeEnd === -1) return undefined;
    const size = Number.parseInt(rest.slice(at, sizeEnd), 16);
    if (rest.length < sizeEnd + 2 + size + 2) return undefined;
    if (size === 0) return text;
    text += rest.slice(sizeEnd + 2, sizeEnd + 2 + size);
    at = sizeEnd + 2 + size + 2;
  }
}
