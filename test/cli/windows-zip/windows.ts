/** Starts programs of Windows: on Windows itself, or under Wine with a Windows of its own. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const isWindows = process.platform === "win32";

const wineVersion = isWindows
  ? 0
  : Number.parseInt(`${spawnSync("wine", ["--version"]).stdout}`.replace("wine-", ""), 10);

export const startsWindowsPrograms = isWindows || wineVersion > 0;

/**
 * Wine 8, of Debian 12, lacks what V8 reserves memory with from Node.js 24 on, and how undici connects. Wine 10, of Debian 13,
 * has both.
 */
export const startsNode24 = isWindows || wineVersion >= 10;

export class Windows implements Disposable {
  /** As on the disk of this machine. */
  readonly folder = mkdtempSync(join(tmpdir(), "windows-zip-"));
  /** %APPDATA% */
  readonly appData = isWindows
    ? join(this.folder, "AppData")
    : join(this.folder, "wine", "drive_c", "users", userInfo().username, "AppData", "Roaming");
  readonly #env: NodeJS.ProcessEnv = isWindows
    ? { ...process.env, APPDATA: this.appData }
    : {
        PATH: process.env.PATH,
        HOME: this.folder,
        LC_ALL: "C.UTF-8",
        WINEPREFIX: join(this.folder, "wine"),
        WINEDEBUG: "-all",
        WINEDLLOVERRIDES: "mscoree,mshtml=", // Wine would offer to download them.
      };
  #runs = 0;

  static async create(): Promise<Windows> {
    const windows = new Windows();
    if (!isWindows) {
      await windows.run("wineboot", ["--init"], windows.folder);
      // Older ones of Wine are Windows 7 by default, where Node.js does not start.
      await windows.run("reg", ["add", "HKCU\\Software\\Wine", "/v", "Version", "/d", "win10", "/f"], windows.folder);
    }
    mkdirSync(windows.appData, { recursive: true });
    return windows;
  }

  /** The path as programs of Windows name it. */
  path(path: string): string {
    return isWindows ? path : `Z:${path.replaceAll("/", "\\")}`;
  }

  /** @param cwd as on the disk of this machine */
  async run(program: string, args: readonly string[], cwd: string): Promise<Ended> {
    this.#runs += 1;
    const files = ["out", "err"].map((kind) => join(this.folder, `${this.#runs}.${kind}`));
    // Files, since Node.js can't write into the pipes that Wine passes on.
    const [out, err] = files.map((file) => openSync(file, "w"));
    const [command, ...all] = isWindows ? [program, ...args] : ["wine", program, ...args];
    const child = spawn(command ?? program, all, {
      cwd,
      env: this.#env,
      stdio: ["ignore", out ?? "ignore", err ?? "ignore"],
      windowsVerbatimArguments: program === "cmd",
      timeout: 100_000,
    });
    const [exitCode] = await once(child, "close");
    for (const file of [out, err]) if (file !== undefined) closeSync(file);
    const [stdout = "", stderr = ""] = files.map((file) => readFileSync(file, "utf8"));
    return { exitCode, stdout, stderr };
  }

  /** @param file without spaces, as whoever is at the command prompt writes it; the rest is put into quotes where needed */
  cmd(file: string, args: readonly string[], cwd: string): Promise<Ended> {
    const quoted = isWindows ? args.map((arg) => (/[\s&]/.test(arg) ? `"${arg}"` : arg)) : args;
    return this.run("cmd", ["/d", "/c", file, ...quoted], cwd);
  }

  [Symbol.dispose](): void {
    if (!isWindows) spawnSync("wineserver", ["--kill"], { env: this.#env });
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
