/** Lines that fit the terminal. */
import type { OutputStream } from "../io.ts";

/**
 * Breaks lines between words so that each fits the window less one column; lines after a break are indented. A word longer
 * than a line, such as a path, goes on in the next one. Where the stream is no terminal nothing changes.
 *
 * @param indent - of the lines after a break; default: as the line itself is indented
 */
export function wrap(text: string, stream: OutputStream, indent?: number): string {
  if (stream.isTTY !== true) return text;
  const width = (stream.columns ?? 80) - 1;
  return text
    .split("\n")
    .map((line) => wrapLine(line, width, indent ?? line.length - line.trimStart().length))
    .join("\n");
}

function wrapLine(line: string, width: number, indent: number): string {
  if (line.length <= width) return line;
  const words = line
    .trimStart()
    .split(" ")
    .flatMap((word) => pieces(word, Math.max(8, width - indent)));
  const lines: string[] = [];
  let current = line.slice(0, line.length - line.trimStart().length);
  let isEmpty = true;
  for (const word of words) {
    if (!isEmpty && current.length + 1 + word.length > width) {
      lines.push(current.trimEnd());
      current = " ".repeat(indent);
      isEmpty = true;
    }
    current += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, current].join("\n");
}

function pieces(word: string, length: number): string[] {
  const count = Math.max(1, Math.ceil(word.length / length));
  return Array.from({ length: count }, (_, index) => word.slice(index * length, (index + 1) * length));
}
