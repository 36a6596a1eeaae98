/** The import view as its tests use it. */
import { openPortal } from "./portal.mjs";

/** Opens the portal at the import view. The arguments are those of `openPortal`. */
export async function openImport(...given) {
  const portal = await openPortal(...given);
  const { page, tab } = portal;
  const button = (name, options) => page.getByRole("button", { name, ...options });
  const row = (name) => page.getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) });
  await tab("Import").click();
  await page.getByText("Encrypted for the connector's key").or(page.getByText("Choose the connector's")).waitFor();

  return {
    ...portal,
    button,
    /** A row of the table, by its file. */
    row,
    choose: (...files) => page.getByLabel("Choose files").setInputFiles(files),
    /** Opens all files that wait for a password. */
    async unlock(password) {
      await page.getByLabel(/^Password of (the file$|the [\d,]+ files)/).fill(password);
      await button(/^Open [\d,]+/).click();
    },
    /** Waits until the row says this, and its state is this one. */
    says: (name, text) => row(name).filter({ hasText: text }).waitFor(),
    send: () => button(/^Import [\d,]+ certificate/).click(),
    async importAs(files, password = "secret") {
      await page.getByLabel("Choose files").setInputFiles(files);
      await page
        .getByLabel(/^Password of/)
        .first()
        .fill(password);
      await button(/^Open [\d,]+/).click();
      await button(/^Import [\d,]+ certificate/).click();
    },
    /** How many create requests the gateway gets from now on, and what they have in them. */
    requests() {
      const bodies = [];
      page.on("request", (request) => {
        const body = request.postData() ?? "";
        if (body.includes("createUserPfxCertificates(")) bodies.push(body);
      });
      return bodies;
    },
  };
}
