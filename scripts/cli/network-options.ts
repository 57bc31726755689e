// What the settings of an operator mean for the node's network: the profile first, and what is set besides wins. The peers of the network's file come besides.

import type { NetworkDefinition } from '../../node/deployment.ts'
import { NETWORK_PROFILES, type NetworkOptions } from '../../node/network/options.ts'
import type { Settings } from '../settings.ts'

const SECURE = { accepted: 0, preferred: 1, required: 2 } as const

export function networkOptions(
  settings: Settings,
  { peers = [] }: Pick<NetworkDefinition, 'peers'> = {},
): Partial<NetworkOptions> & Pick<NetworkOptions, 'host'> {
  const profile = NETWORK_PROFILES[settings.networkProfile]
  const { dhtBootstrap: bootstrap = [], without = [] } = settings
  const dht = bootstrap.length > 0 ? { bootstrap } : profile.dht
  return {
    ...profile,
    host: settings.listenHost ?? profile.host,
    listenPort: settings.listenPort,
    publicAddress: settings.publicAddress,
    peers: [...new Set([...peers, ...(settings.peers ?? [])])],
    trackers: settings.trackers ?? [],
    dht: !without.includes('dht') && dht,
    pex: profile.pex && !without.includes('pex'),
    utp: profile.utp && !without.includes('utp'),
    webSocketOrigins: settings.websocketOrigins ?? profile.webSocketOrigins,
    secure: SECURE[settings.encryption],
    maxConnections: settings.maxConnections,
    maxConnectionsPerHost: settings.maxConnectionsPerHost,
    maxLiveTorrents: settings.maxLiveTorrents,
    uploadLimit: settings.uploadLimit,
    downloadLimit: settings.downloadLimit,
  }
}
