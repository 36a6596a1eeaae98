/** What the packages of this repository declare: versions, licences, and what the library for browsers compiles against. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = new URL("../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const folders = ["", ...readdirSync(new URL("packages/", root)).map((name) => `packages/${name}/`)];
const manifestOf = (folder: string) => JSON.parse(read(`${folder}package.json`));
const permissive = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "ISC", "MIT"];

interface LockedPackage {
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly resolved?: string;
}
const locked: [string, LockedPackage][] = Object.entries(JSON.parse(read("package-lock.json")).packages);

/** One of a choice is enough, but all of a combination. */
function isPermissive(license: string): boolean {
  const choices = license.replace(/^\((.*)\)$/, "$1").split(" OR ");
  return choices.some((choice) => choice.split(" AND ").every((each) => permissive.includes(each)));
}

describe("the packages", () => {
  it("are exactly three", () => {
    expect(folders.map((folder) => manifestOf(folder).name).sort()).toEqual([
      "intune-pfx",
      "intune-pfx-client",
      "intune-pfx-gateway",
    ]);
  });

  it.each(folders)("%j has the repository's version, licence and Node.js, and exact dependencies", (folder) => {
    const manifest = manifestOf(folder);
    const { version, license, engines } = manifestOf("");

    expect(manifest).toMatchObject({ version, license, engines });
    expect(read(`${folder}LICENSE`)).toBe(read("LICENSE"));
    const { dependencies, devDependencies } = manifest;
    for (const range of Object.values({ ...dependencies, ...devDependencies })) expect(range).toMatch(/^\d+\.\d+\.\d+/);
  });

  it("fit together: the command line requires this version of the client, and the gateway requires neither", () => {
    const { version, dependencies, devDependencies } = manifestOf("");

    expect(manifestOf("packages/cli/").dependencies).toMatchObject({ "intune-pfx-client": version });
    expect(
      Object.keys({ ...dependencies, ...devDependencies }).filter((name) => name.startsWith("intune-pfx")),
    ).toEqual([]);
  });

  it("install only packages with permissive licences", () => {
    const installed = locked.filter(([, { dev, link }]) => !dev && !link);
    const others = installed.filter(([, { license = "none" }]) => !isPermissive(license)).map(([path]) => path);

    expect(installed.length).toBeGreaterThan(20);
    expect(others).toEqual([]);
  });

  it("install MSAL alone with the gateway: everything else is bundled", () => {
    expect(Object.keys(manifestOf("").dependencies)).toEqual(["@azure/msal-node"]);
  });

  it("are locked without addresses to download from", () => {
    const addresses = locked
      .flatMap(([, { resolved }]) => resolved ?? [])
      .filter((each) => !each.startsWith("packages/"));

    expect(addresses).toEqual([]);
  });
});

describe("intune-pfx-client", () => {
  it("compiles without Node.js types, so that code which browsers cannot run fails to compile", () => {
    const config = fileURLToPath(new URL("packages/client/tsconfig.json", root));
    const { config: json } = ts.readConfigFile(config, ts.sys.readFile);
    const folder = fileURLToPath(new URL("packages/client", root));
    const { fileNames, options } = ts.parseJsonConfigFileContent(json, ts.sys, folder);
    const files = ts.createProgram(fileNames, options).getSourceFiles();

    expect(files.length).toBeGreaterThan(10);
    expect(files.map(({ fileName }) => fileName).filter((name) => name.includes("/@types/node/"))).toEqual([]);
  });
});
