// Methods of the RPC about the node itself.

import { z } from 'zod'
import { address, amount, hash, infohash } from '../../schema.ts'
import { bridgeStatus } from './bridge.ts'
import { type MethodTable, NO_PARAMS } from './table.ts'

const network = z
  .object({
    ...{ chain: amount, bridge: address, token: address, minRequest: amount, floorPrice: amount, genesis: infohash },
    gatewayFactory: address.optional().describe('What makes the gateways of tokens, if the node was told of one.'),
  })
  .meta({
    id: 'Network',
    description:
      'The chain id of Ethereum, bridge and token there, the least request, the floor price in wei, and genesis.',
  })

const peer = z
  .object({
    id: z.string(),
    host: z.string(),
    agrees: z.boolean().describe('Whether its last summary shows the same transactions as this node has.'),
  })
  .meta({ id: 'Peer', description: 'A connected node of the same network.' })

export const NODE_METHODS = {
  node_info: {
    summary: 'What this node is, which network it serves and how far it is.',
    params: NO_PARAMS,
    result: z.object({
      version: z.string(),
      network,
      peers: z.array(peer),
      listenPort: z.number().int().describe('Where it accepts BitTorrent connections.'),
      count: z.number().int().describe('Accepted, ordered and final transactions, with genesis and deposits.'),
      fingerprint: hash.describe('Of these transactions: equal ones mean equal sets.'),
      waiting: z.number().int().describe('Files whose ancestors are missing.'),
      bridge: bridgeStatus,
      queue: hash.optional().describe('Another one whenever the queue on Ethereum has other entries.'),
    }),
    errors: [],
  },
} satisfies MethodTable
