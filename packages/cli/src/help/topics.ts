/** `intune-pfx help TOPIC`. Every line has at most 80 columns. */

export const topics = {
  csv: `A list ends in .csv or .tsv. Its first line names the columns, in any order.

  path           the .pfx file, from the list's own folder (also: file, pfx,
                 p12, filename). Required.
  user           the user principal name (also: upn, userPrincipalName, email)
  password       the file's password, taken as it is
  password file  a file that has the password
  purpose        auto, encryption, signing, wifi, unassigned; Graph's and
                 GraphQL's names too (also: intendedPurpose)
  thumbprint     which certificate of a file that has several

Other columns are ignored. The separator is a comma, a semicolon or a tab; the
text UTF-8, or UTF-16 as Excel's "Unicode text". Cells with separators or line
breaks stand in double quotes.

  path,user,password
  anna.pfx,anna@contoso.com,"a,b""c"
`,
  passwords: `The password of a file is the first of these that there is:

  1. the column "password" of the list
  2. the file in the column "password file" of the list
  3. --password-beside .txt: NAME.txt beside NAME.pfx
  4. one for all: --password-file FILE, --password-stdin or the variable
     INTUNE_PFX_PASSWORD
  5. none: files without a password open without asking
  6. the answer to a question, on a terminal

A password file holds the password and at most one line end, in UTF-8 or
UTF-16. There is no option for the password itself: others could see it.

The file is sent under a new password of its own, so that nobody has to know or
to keep it. The old password never leaves this machine.
`,
  "sign-in": `--auth says how; without it the first that fits is taken:

  token        INTUNE_PFX_TOKEN or --token-file FILE, which is read again when
               the gateway refuses it
  app          AZURE_CLIENT_ID with AZURE_CLIENT_SECRET,
               AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE:
               for nightly jobs
  none         for a gateway on this machine
  browser      a browser window, on a terminal
  device-code  a code to type in a browser on any machine
  az           the account of Azure CLI

browser, device-code and app need --tenant, --client-id and --scope. Tokens are
kept in memory only. An import needs the scope Pfx.ReadWrite and an Intune role;
'list' needs Pfx.Read.

A router before the gateway may want a secret of its own:
INTUNE_PFX_ROUTER_SECRET or INTUNE_PFX_ROUTER_SECRET_FILE.
`,
  "exit-codes": `    0  done: all created, replaced, already there or skipped; nothing to do;
       or you answered no, and nothing was sent
    1  at least one failed
    2  stopped before the end; running it again goes on
    4  sign-in or permission: somebody must act
   64  wrong flags, paths, CSV, key or settings; nothing was sent
  130  interrupted
`,
  environment: `Settings come from the flag, else the variable, else config.json.

  INTUNE_PFX_GATEWAY          --gateway
  INTUNE_PFX_KEY              --key
  INTUNE_PFX_KEY_NAME         --key-name
  INTUNE_PFX_PROVIDER         --provider
  INTUNE_PFX_PASSWORD         one password for all files
  INTUNE_PFX_TOKEN            a token for the gateway
  INTUNE_PFX_ROUTER_SECRET    a router's secret (also ..._FILE)
  AZURE_TENANT_ID             --tenant
  AZURE_CLIENT_ID             --client-id
  AZURE_CLIENT_SECRET         --auth app (also AZURE_CLIENT_SECRET_FILE,
                              AZURE_CLIENT_CERTIFICATE_PATH,
                              AZURE_FEDERATED_TOKEN_FILE)
  HTTPS_PROXY, NO_PROXY       a proxy; never for this machine
  NODE_EXTRA_CA_CERTS         a company's certification authority (PEM)

config.json is in %APPDATA%\\intune-pfx or ~/.config/intune-pfx, then in
%PROGRAMDATA%\\intune-pfx or /etc/intune-pfx; never in the current folder.
`,
} as const satisfies Record<string, string>;
