// The gateway on Azure Container Apps, without a secret of its own: a user-assigned managed identity stands for it.
// Untried in a real subscription. deploy/azure/README.md says what comes before and after.

targetScope = 'resourceGroup'

@description('Name of the container app.')
@maxLength(32)
param name string = 'pfx-gateway'

param location string = resourceGroup().location

@description('Resource id of the Container Apps environment.')
param environmentId string

@description('The image that you built and pushed, best with its digest.')
param image string

@description('Login server of the Azure container registry of the image; empty: the image can be pulled by anybody.')
param registryServer string = ''

@description('Name of the managed identity. It is made if it is not there.')
param identityName string = name

@allowed(['passthrough', 'obo', 'app'])
param authMode string

@description('Client id of the gateway\'s registration, as register.sh prints it; empty in passthrough.')
param clientId string = ''

@description('Whether callers outside the environment\'s network reach the gateway.')
param isExternal bool = false

@description('Two are for availability.')
@minValue(1)
param minReplicas int = 2

@minValue(1)
param maxReplicas int = 4

@description('Writes to Graph in 20 seconds, for all replicas together.')
@minValue(1)
param writesPer20s int = 100

@description('Time limit of one request in milliseconds. How long a replica may take to stop follows from it.')
@minValue(100)
@maxValue(220000)
param requestDeadlineMs int = 25000

@description('Key Vault URL of a secret with the Redis URL; empty: each replica gets its part of the writes.')
param redisUrlSecret string = ''

@description('Key Vault URL of the secret that a router sends; empty: none.')
param routerSecret string = ''

@description('More of the gateway\'s variables, by name, such as { CORS_ORIGINS: \'https://portal.example\' }. No secret belongs here.')
param config object = {}

var port = 4000
var filesFolder = '/run/gateway'
var hasRedis = !empty(redisUrlSecret)

// Secrets come from Key Vault and are mounted as files.
var files = concat(
  hasRedis ? [{ variable: 'REDIS_URL_FILE', secret: 'redis-url', url: redisUrlSecret }] : [],
  empty(routerSecret) ? [] : [{ variable: 'ROUTER_SECRET_FILE', secret: 'router-secret', url: routerSecret }]
)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: identityName
  location: location
}

// The registration trusts the managed identity: see register.sh, TRUSTED_IDENTITY.
var identityEnv = authMode == 'passthrough'
  ? []
  : [
      { name: 'AZURE_TENANT_ID', value: tenant().tenantId }
      { name: 'AZURE_CLIENT_ID', value: clientId }
      { name: 'AZURE_FEDERATED_IDENTITY_CLIENT_ID', value: identity.properties.clientId }
    ]

var gatewayEnv = [
  { name: 'AUTH_MODE', value: authMode }
  { name: 'REQUEST_DEADLINE_MS', value: string(requestDeadlineMs) }
  // Without Redis the replicas share nothing.
  { name: 'GRAPH_WRITES_PER_20S', value: string(hasRedis ? writesPer20s : max(1, writesPer20s / maxReplicas)) }
]

resource gateway 'Microsoft.App/containerApps@2025-01-01' = {
  name: name
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    environmentId: environmentId
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: isExternal
        targetPort: port
        transport: 'http'
        allowInsecure: false
      }
      registries: empty(registryServer) ? [] : [{ server: registryServer, identity: identity.id }]
      secrets: [for file in files: { name: file.secret, keyVaultUrl: file.url, identity: identity.id }]
    }
    template: {
      // The longest request, and ten seconds to write answers, flush traces and close.
      terminationGracePeriodSeconds: requestDeadlineMs / 1000 + 11
      containers: [
        {
          name: 'gateway'
          image: image
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
          env: concat(
            gatewayEnv,
            identityEnv,
            map(files, file => { name: file.variable, value: '${filesFolder}/${file.variable}' }),
            map(items(config), each => { name: each.key, value: string(each.value) })
          )
          probes: [
            {
              type: 'Startup'
              httpGet: { path: '/livez', port: port }
              periodSeconds: 3
              failureThreshold: 10
            }
            {
              type: 'Liveness'
              httpGet: { path: '/livez', port: port }
              periodSeconds: 10
              timeoutSeconds: 3
            }
            {
              type: 'Readiness'
              httpGet: { path: '/readyz', port: port }
              periodSeconds: 5
              timeoutSeconds: 3
            }
          ]
          volumeMounts: empty(files) ? [] : [{ volumeName: 'files', mountPath: filesFolder }]
        }
      ]
      volumes: empty(files)
        ? []
        : [
            {
              name: 'files'
              storageType: 'Secret'
              secrets: map(files, file => { secretRef: file.secret, path: file.variable })
            }
          ]
      scale: {
        minReplicas: minReplicas
        maxReplicas: maxReplicas
        rules: [
          {
            name: 'requests'
            http: { metadata: { concurrentRequests: '50' } }
          }
        ]
      }
    }
  }
}

@description('Where the gateway answers.')
output url string = 'https://${gateway.properties.configuration.ingress.fqdn}/graphql'

@description('For TRUSTED_IDENTITY of register.sh.')
output principalId string = identity.properties.principalId
