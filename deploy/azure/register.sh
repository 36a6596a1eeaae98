#!/usr/bin/env bash
# Registers the gateway and the importer in Microsoft Entra: the steps of docs/getting-started.md from "Register the gateway" to
# "Register the importer". Run it again at any time: what is there already stays, and nothing is made twice.
# It makes no client secret, and prints none.
#
#   MODE=obo deploy/azure/register.sh
#
# Sign in before, as somebody who may consent to Graph permissions: az login --tenant … --allow-no-subscriptions
set -euo pipefail

# passthrough, obo or app
MODE=${MODE:-}
# Display names. Each must belong to one registration, or to none yet.
GATEWAY_NAME=${GATEWAY_NAME:-pfx-gateway}
IMPORTER_NAME=${IMPORTER_NAME:-pfx-import}
# A nightly job that calls a gateway in mode app; empty: none.
JOB_NAME=${JOB_NAME:-}
# The gateway's credential; any of these, or none:
# - principal id of a user-assigned managed identity that the gateway's application trusts
TRUSTED_IDENTITY=${TRUSTED_IDENTITY:-}
# - issuer and subject of a workload identity's tokens, such as system:serviceaccount:NAMESPACE:NAME
FEDERATED_ISSUER=${FEDERATED_ISSUER:-}
FEDERATED_SUBJECT=${FEDERATED_SUBJECT:-}
# - a file with a certificate, without its private key
CERTIFICATE=${CERTIFICATE:-}
# The cloud. The defaults are the global one's.
GRAPH_URL=${GRAPH_URL:-https://graph.microsoft.com}
AUTHORITY_URL=${AUTHORITY_URL:-https://login.microsoftonline.com}
EXCHANGE_AUDIENCE=${EXCHANGE_AUDIENCE:-api://AzureADTokenExchange}
# How long to wait before a command is repeated that met an object which Entra does not show everywhere yet.
PAUSE_SECONDS=${PAUSE_SECONDS:-5}

GRAPH=00000003-0000-0000-c000-000000000000
PERMISSION=DeviceManagementConfiguration.ReadWrite.All

say() { printf '%s\n' "$*" >&2; }
stop() {
  say "register.sh: $*"
  exit 1
}

# A failure in $(…) stops the script.
shopt -s inherit_errexit 2>/dev/null || stop "needs Bash 4.4 or later; Azure Cloud Shell has it"

case $MODE in
passthrough | obo | app) ;;
*) stop "MODE must be passthrough, obo or app" ;;
esac
[ -z "$JOB_NAME" ] || [ "$MODE" = app ] || stop "JOB_NAME needs MODE=app: only that mode takes programs as callers"
[ -n "$FEDERATED_ISSUER" ] && [ -z "$FEDERATED_SUBJECT" ] && stop "FEDERATED_ISSUER needs FEDERATED_SUBJECT"
[ -n "$FEDERATED_SUBJECT" ] && [ -z "$FEDERATED_ISSUER" ] && stop "FEDERATED_SUBJECT needs FEDERATED_ISSUER"
if [ -n "$CERTIFICATE" ]; then
  [ -r "$CERTIFICATE" ] || stop "CERTIFICATE must name a file that can be read"
  if grep -q "PRIVATE KEY" "$CERTIFICATE"; then
    stop "CERTIFICATE must name a file without the private key: the key stays with the gateway"
  fi
fi
command -v az >/dev/null || stop "Azure CLI (az) is not installed: https://learn.microsoft.com/cli/azure/install-azure-cli"

files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT

new_id() { cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen | tr '[:upper:]' '[:lower:]'; }

# Runs a command again while Entra does not know the object that was made a moment ago.
eventually() {
  local attempt
  for attempt in 1 2 3 4 5 6; do
    if "$@" 2>"$files/errors"; then return 0; fi
    if [ "$attempt" = 6 ] || ! grep -qiE "does not exist|ResourceNotFound|not found" "$files/errors"; then
      cat "$files/errors" >&2
      return 1
    fi
    sleep "$PAUSE_SECONDS"
  done
}

# graph METHOD PATH [BODY]: one request to Microsoft Graph. The body goes through a file.
graph() {
  local body=()
  if [ "$#" -gt 2 ]; then
    printf '%s' "$3" >"$files/body.json"
    body=(--headers Content-Type=application/json --body "@$files/body.json")
  fi
  eventually az rest --method "$1" --url "$GRAPH_URL/v1.0/$2" "${body[@]}"
}

# ask PATH QUERY: values of what Graph answers, separated by tabs.
ask() { eventually az rest --method GET --url "$GRAPH_URL/v1.0/$1" --query "$2" --output tsv; }

# The client id of the registration with this display name; empty if there is none.
app_named() {
  local ids
  ids=$(az ad app list --filter "displayName eq '${1//\'/\'\'}'" --query "[].appId" --output tsv)
  case $ids in
  *$'\n'*) stop "more than one registration is called $1: rename one, or choose another name" ;;
  esac
  printf '%s' "$ids"
}

# register NAME [OPTIONS OF az ad app create]: prints the client id.
register() {
  local name=$1 id
  shift
  id=$(app_named "$name")
  if [ -z "$id" ]; then
    id=$(az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg "$@" --query appId --output tsv)
    say "registered $name"
  else
    say "$name is registered"
  fi
  printf '%s' "$id"
}

# The object id of an application's service principal, which is made if there is none.
principal_of() {
  local id
  id=$(az ad sp list --filter "appId eq '$1'" --query "[0].id" --output tsv)
  if [ -z "$id" ]; then id=$(eventually az ad sp create --id "$1" --query id --output tsv); fi
  printf '%s' "$id"
}

# scope_id APP VALUE and role_id APP VALUE: ids of what the application exposes; empty if it exposes no such value.
scope_id() { eventually az ad app show --id "$1" --query "api.oauth2PermissionScopes[?value=='$2'].id | [0]" --output tsv; }
role_id() { eventually az ad app show --id "$1" --query "appRoles[?value=='$2'].id | [0]" --output tsv; }

# require CLIENT API ID TYPE: the permission is listed at the registration. It is not granted by that.
require() {
  local count
  count=$(az ad app permission list --id "$1" --query "length([?resourceAppId=='$2'].resourceAccess[] | [?id=='$3'])" --output tsv)
  if [ "$count" = 0 ]; then
    eventually az ad app permission add --id "$1" --api "$2" --api-permissions "$3=$4" --output none --only-show-errors
  fi
}

# consent CLIENT_PRINCIPAL API_PRINCIPAL SCOPE: for all users of the tenant.
consent() {
  local grants="servicePrincipals/$1/oauth2PermissionGrants" mine="value[?resourceId=='$2' && consentType=='AllPrincipals'] | [0]" id scope
  id=$(ask "$grants" "$mine.id")
  scope=$(ask "$grants" "$mine.scope")
  case " $scope " in *" $3 "*) return 0 ;; esac
  if [ -z "$id" ]; then
    graph POST oauth2PermissionGrants "{\"clientId\":\"$1\",\"consentType\":\"AllPrincipals\",\"resourceId\":\"$2\",\"scope\":\"$3\"}" >/dev/null
  else
    graph PATCH "oauth2PermissionGrants/$id" "{\"scope\":\"$scope $3\"}" >/dev/null
  fi
  say "granted $3"
}

# assign CLIENT_PRINCIPAL API_PRINCIPAL ROLE_ID: an application permission, or a role of the gateway.
assign() {
  local count
  count=$(ask "servicePrincipals/$1/appRoleAssignments" "length(value[?resourceId=='$2' && appRoleId=='$3'])")
  [ "$count" = 0 ] || return 0
  graph POST "servicePrincipals/$1/appRoleAssignments" "{\"principalId\":\"$1\",\"resourceId\":\"$2\",\"appRoleId\":\"$3\"}" >/dev/null
  say "assigned a role"
}

# trust APP NAME ISSUER SUBJECT: a federated credential.
trust() {
  local count
  count=$(az ad app federated-credential list --id "$1" --query "length([?issuer=='$3' && subject=='$4'])" --output tsv)
  [ "$count" = 0 ] || return 0
  printf '{"name":"%s","issuer":"%s","subject":"%s","audiences":["%s"]}' "$2" "$3" "$4" "$EXCHANGE_AUDIENCE" >"$files/credential.json"
  eventually az ad app federated-credential create --id "$1" --parameters "@$files/credential.json" --output none
  say "the gateway's application trusts $4"
}

# Scopes for people, roles for programs. A value that is there keeps its id, and others that somebody added stay.
expose_api() {
  local object=$1 app=$2 scopes roles uris version known write read write_all read_all
  write=$(scope_id "$app" Pfx.ReadWrite)
  read=$(scope_id "$app" Pfx.Read)
  write_all=$(role_id "$app" Pfx.ReadWrite.All)
  read_all=$(role_id "$app" Pfx.Read.All)
  uris=$(eventually az ad app show --id "$app" --query "[identifierUris[?@!='api://$app'], \`[\"api://$app\"]\`][]" --output json)
  version=$(eventually az ad app show --id "$app" --query "api.requestedAccessTokenVersion" --output tsv)
  known=$(eventually az ad app show --id "$app" --query "length(identifierUris[?@=='api://$app'])" --output tsv)
  if [ -n "$write" ] && [ -n "$read" ] && [ -n "$write_all" ] && [ -n "$read_all" ] &&
    [ "$version" = 2 ] && [ "$known" = 1 ]; then return 0; fi
  scopes=$(eventually az ad app show --id "$app" --output json \
    --query "[api.oauth2PermissionScopes[?value!='Pfx.ReadWrite' && value!='Pfx.Read'], \`[$(
      scope "${write:-$(new_id)}" Pfx.ReadWrite "Import PFX certificates" "Read, import, change and delete PFX certificates."
    ),$(
      scope "${read:-$(new_id)}" Pfx.Read "Read PFX certificates" "Read PFX certificates, without file and password."
    )]\`][]")
  roles=$(eventually az ad app show --id "$app" --output json \
    --query "[appRoles[?value!='Pfx.ReadWrite.All' && value!='Pfx.Read.All'], \`[$(
      role "${write_all:-$(new_id)}" Pfx.ReadWrite.All "Import PFX certificates" "Read, import, change and delete PFX certificates."
    ),$(
      role "${read_all:-$(new_id)}" Pfx.Read.All "Read PFX certificates" "Read PFX certificates, without file and password."
    )]\`][]")
  graph PATCH "applications/$object" "{\"identifierUris\":$uris,\"api\":{\"requestedAccessTokenVersion\":2,\"oauth2PermissionScopes\":$scopes},\"appRoles\":$roles}" >/dev/null
  say "exposed the API"
}
scope() {
  printf '{"id":"%s","value":"%s","type":"Admin","isEnabled":true,"adminConsentDisplayName":"%s","adminConsentDescription":"%s"}' "$@"
}
role() {
  printf '{"id":"%s","value":"%s","isEnabled":true,"allowedMemberTypes":["Application"],"displayName":"%s","description":"%s"}' "$@"
}

tenant=$(az account show --query tenantId --output tsv)
graph_principal=$(principal_of "$GRAPH")
delegated=$(ask "servicePrincipals/$graph_principal" "oauth2PermissionScopes[?value=='$PERMISSION'].id | [0]")
application=$(ask "servicePrincipals/$graph_principal" "appRoles[?value=='$PERMISSION'].id | [0]")
if [ -z "$delegated" ] || [ -z "$application" ]; then stop "Microsoft Graph in this cloud has no permission $PERMISSION"; fi

gateway=
if [ "$MODE" != passthrough ]; then
  gateway=$(register "$GATEWAY_NAME")
  gateway_principal=$(principal_of "$gateway")
  object=$(eventually az ad app show --id "$gateway" --query id --output tsv)
  expose_api "$object" "$gateway"
  if [ "$MODE" = obo ]; then
    require "$gateway" "$GRAPH" "$delegated" Scope
    consent "$gateway_principal" "$graph_principal" "$PERMISSION"
  else
    require "$gateway" "$GRAPH" "$application" Role
    assign "$gateway_principal" "$graph_principal" "$application"
  fi
  if [ -n "$TRUSTED_IDENTITY" ]; then trust "$gateway" managed-identity "$AUTHORITY_URL/$tenant/v2.0" "$TRUSTED_IDENTITY"; fi
  if [ -n "$FEDERATED_ISSUER" ]; then trust "$gateway" workload-identity "$FEDERATED_ISSUER" "$FEDERATED_SUBJECT"; fi
  if [ -n "$CERTIFICATE" ]; then
    thumbprint=$(openssl x509 -in "$CERTIFICATE" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g')
    count=$(az ad app credential list --id "$gateway" --cert --output tsv \
      --query "length([?displayName=='$thumbprint' || customKeyIdentifier=='$thumbprint'])")
    if [ "$count" = 0 ]; then
      eventually az ad app credential reset --id "$gateway" --append --cert "@$CERTIFICATE" --display-name "$thumbprint" --output none --only-show-errors
      say "added the certificate"
    fi
  fi
fi

importer=$(register "$IMPORTER_NAME" --is-fallback-public-client true --public-client-redirect-uris http://localhost)
importer_principal=$(principal_of "$importer")
if [ "$MODE" = passthrough ]; then
  require "$importer" "$GRAPH" "$delegated" Scope
  consent "$importer_principal" "$graph_principal" "$PERMISSION"
else
  require "$importer" "$gateway" "$(scope_id "$gateway" Pfx.ReadWrite)" Scope
  consent "$importer_principal" "$gateway_principal" Pfx.ReadWrite
fi

if [ -n "$JOB_NAME" ]; then
  job=$(register "$JOB_NAME")
  assign "$(principal_of "$job")" "$gateway_principal" "$(role_id "$gateway" Pfx.ReadWrite.All)"
fi

say ""
say "The gateway's variables:"
printf 'AUTH_MODE=%s\n' "$MODE"
if [ -n "$gateway" ]; then printf 'AZURE_TENANT_ID=%s\nAZURE_CLIENT_ID=%s\n' "$tenant" "$gateway"; fi
say ""
api=$GRAPH_URL
if [ -n "$gateway" ]; then api=api://$gateway; fi
say "For intune-pfx: --tenant $tenant --client-id $importer --scope $api/.default"
