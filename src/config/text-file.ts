/** Reads text files that other programs write. */
import { readFile } from "node:fs/promises";

/**
 * The token in a file that has been checked at the start, and that the platform may have replaced since.
 *
 * @throws {Error} if there is none now.
 */
export async function readToken(path: string): Promise<string> {
  const token = (await readFile(path, "utf8")).trim();
  if (token === "") throw Object.assign(new Error("the file holds no token"), { code: "NO_TOKEN_IN_FILE" });
  return token;
}
