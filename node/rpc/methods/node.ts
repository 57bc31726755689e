// Methods of the RPC about the node itself.

import { z } from 'zod'
import { address, amount, hash, infohash, millis, seconds } from '../../schema.ts'
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

const count = z.number().int().min(0)
const flow = z
  .object({ bytes: count, transactions: count.describe('Files that were answers.') })
  .meta({ id: 'Flow', description: 'What went in one direction, of the messages between nodes.' })

const sync = z
  .object({
    payments: count.describe('That are here.'),
    of: count.describe('What the peer says that it has whose order is read: its own word.'),
    peers: count.describe('From which some came in the last seconds.'),
    perSecond: count.describe('That were checked and stored in the last seconds.'),
  })
  .meta({
    id: 'Sync',
    description: 'How far a node is that lacks many payments and reads them from peers, parents first.',
  })

const past = z
  .object({
    state: z
      .enum(['reading', 'replaying', 'right', 'wrong', 'failed'])
      .describe(
        'Reads the headers down to genesis; replays block after block; all of them lead to the balances with which the node began; one of them does not; this machine cannot do it.',
      ),
    block: hash.describe('With which the node began.'),
    height: amount.describe('Of that block: as many are to be replayed.'),
    replayed: amount,
    problem: z.string().optional().describe('What is wrong, or why it does not get on.'),
  })
  .meta({
    id: 'Past',
    description: 'How far the replay of the past is, from genesis to the block with which the node began.',
  })

const confirmation = z
  .object({
    count: count.describe('Accepted, ordered and final transactions, with genesis and deposits.'),
    weight: amount.describe('Bytes of their files.'),
    fingerprint: hash.describe('Of these transactions: equal ones mean equal sets.'),
    block: hash.describe('The newest bridging block on its branch; zero if it follows none.'),
    state: hash.describe('The state root of that block.'),
  })
  .meta({ id: 'SyncConfirmation', description: 'What a node says that it has.' })

const agreement = z
  .object({
    verdict: z
      .enum(['in-step', 'behind', 'ahead', 'differs', 'first-seen', 'other-branch', 'unknown'])
      .describe(
        '`in-step`: the same transactions and block. `behind`, `ahead`: as seen from this node. `differs`: each lacks something, or it is not known yet what. `first-seen`: of double spends it saw another one first, which lasts until a block decides. `other-branch`: of the bridge. `unknown`: it has said nothing yet, or names a block that this node has not seen.',
      ),
    lacks: count.optional().describe('Transactions that count here and not there, if that is known.'),
    has: count.optional().describe('Transactions that count there and not here, if that is known.'),
    blocksBehind: count.optional(),
    blocksAhead: count.optional(),
    since: z
      .object({ id: hash, height: amount })
      .optional()
      .describe('Of `other-branch`: the newest block that both have.'),
    rivals: z
      .array(z.object({ here: z.array(infohash), there: infohash }))
      .optional()
      .describe('Of `first-seen`: each payment that counts there, with its rivals that count here; at most 32.'),
  })
  .meta({
    id: 'Agreement',
    description:
      'How a peer stands to this node, by its last sync confirmation and by what was compared: its own word, which nothing else depends on.',
  })

const connectedPeer = peer
  .extend({
    confirmation: confirmation.optional().describe('Its last one, if any came.'),
    agreement,
    address: z.string().optional().describe('Where it accepts connections, `host:port`, if it said so.'),
    outgoing: z.boolean().describe('Whether this node dialled it.'),
    client: z.string().optional().describe('What it says that it runs: its own word.'),
    connectedSeconds: count,
    received: flow,
    sent: flow,
  })
  .meta({
    id: 'ConnectedPeer',
    description: 'A connected node of the same network, with what went over the connection.',
  })

const endpoint = z
  .object({
    name: z.string().describe('Without path and key.'),
    block: amount.optional().describe('The newest one that it has named.'),
    blockTime: seconds.optional(),
    answeredAt: millis.optional().describe('When it last answered, on the clock of the node.'),
    problem: z
      .object({ code: z.string(), message: z.string(), since: millis })
      .optional()
      .describe('Why its last question got no answer.'),
  })
  .meta({ id: 'Endpoint', description: 'How an endpoint of Ethereum does.' })

const kept = z
  .object({
    from: amount.describe(
      'Height of the block with which this node began: the torrents of all later ones can be had here.',
    ),
    keep: amount
      .optional()
      .describe(
        'How many blocks behind the final one the states stay on disk that were kept, one in 16. Of what is older fewer are: blocks there take longer to make. Absent: all stay.',
      ),
    states: z.number().int().min(0).describe('States on disk.'),
  })
  .meta({ id: 'Kept', description: 'Which blocks this node can serve, and how fast.' })

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
      sync: sync.optional().describe('While many payments are read from peers.'),
      bridge: bridgeStatus,
      blocks: kept.optional().describe('Absent in a node that does not follow Ethereum.'),
      queue: hash.optional().describe('Another one whenever the queue on Ethereum has other entries.'),
    }),
    errors: [],
  },
  node_status: {
    summary: 'How this node does, for whoever runs it: connections, endpoints, transactions, disk and memory.',
    params: NO_PARAMS,
    result: z.object({
      at: millis.describe('When this was, on the clock of the node.'),
      startedAt: millis,
      bridge: bridgeStatus,
      endpoints: z.array(endpoint).describe('Of Ethereum; none in a node that does not follow it.'),
      behind: z
        .object({ blocks: amount, seconds: count })
        .optional()
        .describe(
          'How far what was read is behind the newest block that any endpoint has named, and behind the clock.',
        ),
      peers: z.object({
        outgoing: count,
        incoming: count,
        agreeing: count.describe('That have the same transactions.'),
        inStep: count.describe('That have the same transactions and the same newest block.'),
        otherBranch: count.describe('That are on another branch of the bridge.'),
      }),
      confirmation: confirmation.describe('What this node tells its peers.'),
      transactions: z.object({
        held: count.describe('Accepted, ordered and final ones, with genesis and deposits.'),
        unordered: count.describe('Of these, in no block.'),
        waiting: count.describe('Files whose ancestors are missing.'),
        wanted: count.describe('Named by peers, and not here yet.'),
      }),
      sync: sync.optional().describe('While many payments are read from peers.'),
      past: past.optional().describe('Of a node that began at a final block, and replays what led to it.'),
      diskBytes: count.describe('Of the databases and files of the node; measured at most twice a minute.'),
      memoryBytes: count.describe('Resident, of the whole process.'),
    }),
    errors: [],
  },
  node_peers: {
    summary:
      'The connected nodes, what each says that it has beside what this one has, and what came from it and went to it.',
    params: NO_PARAMS,
    result: z.object({ confirmation: confirmation.describe('Of this node.'), peers: z.array(connectedPeer) }),
    errors: [],
  },
} satisfies MethodTable
