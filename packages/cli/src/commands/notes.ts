/** Messages beside the data: on standard error for people, as an object of `--json` for programs. */
import type { Io } from "../io.ts";
import { JsonLines } from "../output/json-lines.ts";
import { wrap } from "../output/wrap.ts";

/** Shows a message, wrapped where somebody reads it on a terminal. */
export type Note = (text: string) => void;

export function createNote(io: Io, isJson: boolean): Note {
  const lines = new JsonLines(io);
  return (message) => {
    if (isJson) lines.write("note", { message: message.trim() });
    else io.stderr.write(`${wrap(message, io.stderr)}\n`);
  };
}
