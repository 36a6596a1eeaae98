/** Opens a page in the person's browser. The URL is an argument of its own, and no shell reads it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Io } from "../io.ts";
import { findProgram, otherProgramsEnvironment, variable } from "./other-programs.ts";

/** Does nothing where no browser can be opened: the person sees the URL as well. */
export async function openBrowser({ href }: URL, io: Io): Promise<void> {
  const program = await programOf(io);
  if (program === undefined) return;
  const args = io.platform === "win32" ? ["url.dll,FileProtocolHandler", href] : [href];
  const env = otherProgramsEnvironment(io);
  const child = spawn(program, args, { stdio: "ignore", detached: true, windowsHide: true, shell: false, env });
  child.once("error", () => {});
  child.unref();
}

/** A full path, so that no program of the current folder is started. */
async function programOf(io: Io): Promise<string | undefined> {
  if (io.platform === "win32") return join(variable(io, "SystemRoot") ?? "C:\\Windows", "System32", "rundll32.exe");
  return findProgram(io.platform === "darwin" ? "open" : "xdg-open", io);
}
