/** What a run without arguments prints, and `--help`. Every line has at most 80 columns. */
import { version } from "./version.ts";

export const introduction = `intune-pfx imports users' .pfx files into Microsoft Intune.

  intune-pfx setup                          once: gateway, key, sign-in
  intune-pfx import C:\\exports --dry-run    look first; changes nothing
  intune-pfx import C:\\exports              import; asks for the password

'intune-pfx --help' lists all commands.
`;

export function generalHelp(): string {
  return `intune-pfx ${version()} - imports users' .pfx files into Microsoft Intune

Usage: intune-pfx <command> [options]

Import
  import PATH...    import files, folders, or the files that a CSV lists
  inspect PATH...   show what is in files and what would be sent; offline

In Intune
  list              list certificates by user, purpose, expiry; who has none
  delete ID...      delete certificates, by the ids that 'list' prints

Set up
  setup             ask for gateway, connector key and sign-in; test; save
  doctor            test gateway, sign-in, connector key and clock

For other programs
  encrypt PATH...   write the GraphQL variables to a file; send nothing

Examples
  intune-pfx import C:\\exports --dry-run
  intune-pfx import C:\\exports --report result.csv
  intune-pfx import users.csv
  intune-pfx list --expiring 60d --csv expiring.csv

For every command
  -h, --help        help; 'intune-pfx import --help' for one command
  -V, --version     the versions of this tool and of Node.js
  --no-input        never ask; fail and name the missing option
  --json            JSON on standard output, one object a line
  --config FILE     settings from FILE instead of the user's folder

More: intune-pfx help csv | passwords | sign-in | exit-codes | environment
Docs: docs/import-pfx.md in the repository
`;
}
