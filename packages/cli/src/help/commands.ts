/** `--help` of each command. Every line has at most 80 columns. */
import type { CommandName } from "../arguments/options.ts";

const exitCodes = `Exit codes: 0 done, 1 some failed, 2 stopped (run it again), 4 sign-in or
permission, 64 wrong usage (nothing sent), 130 interrupted
`;

const passwords = `Passwords of the files: asked for, or ('intune-pfx help passwords')
  --password-file FILE  one password for all files
  --password-stdin      the same, from standard input
  --password-beside .E  the password of NAME.pfx is in NAME.E
`;

const connector = `Connector (from 'intune-pfx setup', or)
  --key FILE            its public key: what Export-IntunePublicKey writes,
                        PEM, or a certificate
  --key-name NAME       the key's name on the connector's machine
  --provider NAME       default "Microsoft Software Key Storage Provider"
  --padding HASH        sha512 (default), sha384, sha256
  --protection KIND     compatible (default), modern (AES-256)
`;

const signIn = `Gateway and sign-in (from 'intune-pfx setup', or 'intune-pfx help sign-in')
  --gateway URL         https; http only for this machine
  --auth MODE           browser, device-code, az, app, token, none
  --tenant ID  --client-id ID  --scope SCOPE  --cloud CLOUD  --token-file FILE
`;

const what = `What
  --user UPN            the user (one file only); else from the CSV, the file
                        name (anna@contoso.com.pfx), the certificate
  --purpose PURPOSE     auto (default), encryption, signing, wifi, unassigned
  --thumbprint HEX      which certificate of a file that has several
  --all                 every certificate of a file that has its key there
  --recursive           subfolders too
  --allow-expired       expired signing and Wi-Fi certificates too
  --allow-empty         a folder without .pfx files is no error
`;

const paths = `PATH is a .pfx or .p12 file, a folder of them, or a .csv or .tsv list with a
column "path" ('intune-pfx help csv'). On Windows * and ? work in file names.
`;

export const commandHelp: Readonly<Record<CommandName, string>> = {
  import: `Import .pfx files into Intune. Running it again is safe: what Intune has
already is skipped. So the same command resumes an interrupted import.

Usage: intune-pfx import PATH... [options]

${paths}
Examples
  intune-pfx import C:\\exports --dry-run
  intune-pfx import C:\\exports --password-file pw.txt --report result.csv
  intune-pfx import users.csv
  intune-pfx import renewed.pfx --user anna@contoso.com
  intune-pfx import /drop --no-input --json --allow-empty

${what}
${passwords}
How
  -n, --dry-run         check everything and change nothing; whether Graph
                        would accept a certificate, only Graph can tell
  --replace             send again what Intune has already: after the
                        connector's key has changed; asks first, and without
                        a terminal needs --yes
  -y, --yes             do not ask before importing
  --report FILE         what became of each file, as a CSV for Excel; an
                        earlier report is overwritten, no other file

${connector}
${signIn}
${exitCodes}`,
  inspect: `Show what is in .pfx files, and what an import would send. It needs no gateway
and no key, and changes nothing.

Usage: intune-pfx inspect PATH... [options]

${paths}
Examples
  intune-pfx inspect anna@contoso.com.pfx
  intune-pfx inspect C:\\exports --password-file pw.txt
  intune-pfx inspect users.csv --json

${what}
${passwords}
Exit codes: 0 done, 1 some can't be imported, 64 wrong usage
`,
  list: `List certificates in Intune. On a terminal a table that fits the window;
elsewhere columns with tabs between them, and nothing cut.

Usage: intune-pfx list [options]

Examples
  intune-pfx list --user anna@contoso.com
  intune-pfx list --expiring 60d --no-newer
  intune-pfx list --users staff.csv --purpose encryption --missing
  intune-pfx list --expired --csv expired.csv

Which
  --user UPN            of this user
  --purpose PURPOSE     encryption, signing, wifi, unassigned
  --expiring DAYS       that expire within so many days, as in 60d
  --expired             that have expired
  --no-newer            that have no newer one of the same user and purpose
  --users FILE          of the users in a CSV (column "user") or a text file
  --missing             the users of --users that have no valid certificate of
                        --purpose, and why
Output
  --csv FILE            as a CSV for Excel; an earlier list with the same
                        columns is overwritten, no other file

${signIn}
Exit codes: 0 done, 2 stopped, 4 sign-in or permission, 64 wrong usage
`,
  delete: `Delete certificates from Intune, by the ids that 'intune-pfx list' prints.
Devices lose them.

Usage: intune-pfx delete ID... [options]

Examples
  intune-pfx list --user anna@contoso.com
  intune-pfx delete ID
  intune-pfx delete ID ID --yes

An id is the one that 'list' prints, in full: 32 hexadecimal digits, a hyphen,
and the 40 digits of the certificate's thumbprint.

How
  -y, --yes             do not ask before deleting; needed without a terminal
  --even-encryption     encryption certificates too: old mail can't be read
                        without them

${signIn}
${exitCodes}`,
  setup: `Ask for the gateway, the connector's key and the sign-in, test them, and save
them for this user. No secret is saved.

Usage: intune-pfx setup [options]

Options that are given are not asked for. With --no-input nothing is asked, and
what is missing is named.

${connector.split("\n").slice(0, 5).join("\n")}

${signIn}
Exit codes: 0 saved, 1 a test failed and nothing was saved, 4 sign-in, 64 usage
`,
  doctor: `Test the gateway, the sign-in, the connector's key and the clock. Nothing is
changed.

Usage: intune-pfx doctor [options]

Examples
  intune-pfx doctor
  intune-pfx doctor --key C:\\connector\\key.pub

${connector.split("\n").slice(0, 5).join("\n")}

${signIn}
Exit codes: 0 all is well, 1 a test failed, 64 wrong usage
`,
  encrypt: `Write the variables of the GraphQL mutation to a file, and send nothing. The
file holds .pfx files and their encrypted passwords.

Usage: intune-pfx encrypt PATH... --out FILE [options]

One certificate becomes {"input":...}, for createUserPfxCertificate; several
become {"inputs":[...]}, for createUserPfxCertificates. Where a file fails,
nothing is written.

Output
  --out FILE            a new file, mode 0600: only you can read it; a file that
                        is there already is not overwritten. Without --out the
                        variables go to standard output, but never to a
                        terminal (exit code 64)

Examples
  intune-pfx encrypt anna@contoso.com.pfx --out variables.json
  intune-pfx encrypt C:\\exports --password-file pw.txt > variables.json

${paths}
${what}
${passwords}
${connector}
Exit codes: 0 done, 1 some failed (nothing written), 64 wrong usage
`,
};
