/** Opens a server's port. */
import type { Server } from "node:http";

/** @param port 0 takes a free port. @returns the origin: `http://127.0.0.1:4000`. Rejects if the port is taken. */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
}
