// One call of each method, with its answer: the network of the worked example in docs/protocol.md, and a test holds them to it. Long, as there are many methods.

import { encodeProof } from '../network/proof.ts'
import { encodeText, parseHex } from '../protocol/bytes.ts'
import { parseAddress, parseHash, parseInfohash } from '../protocol/ids.ts'
import type { CallParams, Method, Result } from './api.ts'
import { BLOCK, FILES, GENESIS_BLOCK, GENESIS_SEALED, SEALED, STATES, STEPS, TORRENT } from './example-block.ts'

const BOB = parseAddress('0x1d96f2f6bef1202e4ce1ff6dad0c2cb002861d3e')
const ALICE = parseAddress('0x328809bc894f92807417d2dad6b7c998c1afdac6')
/** A contract that entered some of its own asset. */
const VAULT = parseAddress('0x5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a')
const GENESIS = parseInfohash('97dab7de115b5f87fa5df178bf23545823eb87e1')
const PAYMENT = parseInfohash('cbbdb16d4f3efeea02102fb1cbad11bda2606fee')
const REQUEST = parseInfohash('afc3590187febb5712a5c7d30e1f4f30015a646c')
const PAYMENT_FILE = encodeText(
  '{"from":"0x328809bc894f92807417d2dad6b7c998c1afdac6","memo":"for lunch","prev":["97dab7de115b5f87fa5df178bf23545823eb87e1"],"signature":"0x3b8d58acefcd737127c515cec0661d3812e42ba795f6fd4a2e192fa7495d7e7e22ac19fe9e31815ceb904558f4100841026bdf28a29f89dd701784628e1fc0361b","time":1767225600,"to":"0x1d96f2f6bef1202e4ce1ff6dad0c2cb002861d3e","tokens":"30"}',
)
const REQUEST_FILE = encodeText(
  '{"bridge":{"chain":"31337","to":"0x1d96f2f6bef1202e4ce1ff6dad0c2cb002861d3e"},"from":"0x1d96f2f6bef1202e4ce1ff6dad0c2cb002861d3e","prev":["55db9da8e7a402fd5f6c81db29e865ede0eef174","cbbdb16d4f3efeea02102fb1cbad11bda2606fee"],"signature":"0x3b33ceb7a97a1e02415e75cb1d4a29a7412b2435327106853dd24a7835490f1469e722340e55efd75c61de7f06df596b55e8b70b297ffc98b207f7dcb34e9b9d1b","time":1767225601,"to":"0xb1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1","tokens":"100"}',
)
const PAYMENT_PACKED = parseHex(
  [
    '0009006955b9003b8d58acefcd737127c515cec0661d3812e42ba795f6fd4a2e192fa7495d7e7e22ac19fe9e31815ceb9045',
    '58f4100841026bdf28a29f89dd701784628e1fc0361d96f2f6bef1202e4ce1ff6dad0c2cb002861d3e000000000000000000',
    '0000000000001e97dab7de115b5f87fa5df178bf23545823eb87e1666f72206c756e6368',
  ].join(''),
)

const STATE = parseHash('0x09ac91a192bc736da78646760c8a9f750c0406050bed7a2850b284039db93d87')

const PUBLISHED_AT = 1_767_229_200
const FIRST_SEEN = 1_767_225_700_123
const FINAL_TIME: Result<'bridge_block'>['finalTime'] = {
  earliest: PUBLISHED_AT + 24 * 3_600,
  latest: PUBLISHED_AT + 48 * 3_600,
  reason: 'rival-possible',
  decisive: BLOCK,
  first: PUBLISHED_AT,
  rivalUntil: PUBLISHED_AT + 12 * 3_600,
  rivals: [],
  wrong: [],
  unjudged: [],
  unnamed: 0,
}
const BLOCK_SUMMARY: Result<'bridge_blocks'>['blocks'][number] = {
  id: BLOCK,
  parent: GENESIS_BLOCK,
  height: 1n,
  miner: ALICE,
  target: 2n ** 239n - 1n,
  work: 131_072n,
  state: STATE,
  steps: 3,
  blobs: 0,
  requests: 1,
  fee: 11n,
  queueFees: 0n,
  requested: 100n,
  deposited: 1_010n,
  lanes: { deposits: 1n, assets: 0n, forced: 0n },
  torrent: TORRENT,
  publishedAt: PUBLISHED_AT,
  verdict: 'valid',
  refuted: false,
  final: false,
  preferred: true,
  finalizableAt: PUBLISHED_AT + 24 * 3_600,
  finalizableAtLatest: PUBLISHED_AT + 48 * 3_600,
  finalTime: FINAL_TIME,
}
const BEFORE: Result<'bridge_blocks'>['status'] = {
  state: 'live',
  ethereumBlock: 100n,
  ethereumTime: PUBLISHED_AT - 60,
  final: { id: GENESIS_BLOCK, height: 0n },
  tip: { id: GENESIS_BLOCK, height: 0n },
}
const STATUS: Result<'bridge_blocks'>['status'] = {
  ...BEFORE,
  ethereumBlock: 120n,
  ethereumTime: PUBLISHED_AT + 180,
  tip: { id: BLOCK, height: 1n },
}
const DEPOSIT: Result<'bridge_queue'>['entries'][number] = {
  index: 0n,
  kind: 'deposit',
  time: PUBLISHED_AT - 900,
  gross: 1_010n,
  to: BOB,
}
const UNORDERED: Result<'tx_get'> = {
  infohash: PAYMENT,
  status: 'accepted',
  file: PAYMENT_FILE,
  firstSeen: FIRST_SEEN,
  missing: [],
  rivals: [],
  unorderedAncestors: 0,
}
const ORDERED: Result<'tx_get'> = { ...UNORDERED, status: 'ordered', block: BLOCK, blockTime: PUBLISHED_AT, step: 1 }
const REQUESTED: Result<'tx_get'> = {
  ...ORDERED,
  infohash: REQUEST,
  file: REQUEST_FILE,
  firstSeen: FIRST_SEEN + 2_000,
  step: 2,
}
const PROOF = encodeProof(PAYMENT_FILE, { peers: ['192.0.2.7:7651'], trackers: [] })

/** What this node and its peer say of themselves. */
const CONFIRMATION: Result<'node_peers'>['confirmation'] = {
  count: 4,
  weight: 1_204n,
  fingerprint: parseHash('0x388f18a0e710943282a65a2449d91932c7ed0280ca51f3daff312d813bda2287'),
  block: BLOCK,
  state: STATE,
}

export const EXAMPLES: { readonly [M in Method]: { readonly params: CallParams<M>; readonly result: Result<M> } } = {
  node_info: {
    params: {},
    result: {
      version: '0.1.0',
      network: {
        chain: 31_337n,
        bridge: parseAddress('0xb1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1'),
        token: parseAddress('0x7070707070707070707070707070707070707070'),
        minRequest: 100n,
        floorPrice: 10n ** 9n,
        genesis: GENESIS,
      },
      peers: [{ id: '5f1d0a4c6be2c8d7a90e3b1244d7f8c95b6a0e13', host: '192.0.2.7', agrees: true }],
      listenPort: 7_651,
      count: 4,
      fingerprint: parseHash('0x388f18a0e710943282a65a2449d91932c7ed0280ca51f3daff312d813bda2287'),
      waiting: 0,
      bridge: STATUS,
      queue: parseHash('0xa00e68222a4e516544c0acb61dcdf7fe02f94a5f98c21b1fc2947e4cd0797fbb'),
    },
  },
  node_status: {
    params: {},
    result: {
      at: 1_000 * (PUBLISHED_AT + 190),
      startedAt: 1_000 * (PUBLISHED_AT - 7_200),
      bridge: STATUS,
      endpoints: [
        {
          name: 'https://ethereum.example.org',
          block: 121n,
          blockTime: PUBLISHED_AT + 192,
          answeredAt: 1_000 * (PUBLISHED_AT + 190),
        },
      ],
      behind: { blocks: 1n, seconds: 10 },
      peers: { outgoing: 1, incoming: 0, agreeing: 1, inStep: 1, otherBranch: 0 },
      confirmation: CONFIRMATION,
      transactions: { held: 4, unordered: 0, waiting: 0, wanted: 0 },
      diskBytes: 1_482_311,
      memoryBytes: 168_329_216,
    },
  },
  node_peers: {
    params: {},
    result: {
      confirmation: CONFIRMATION,
      peers: [
        {
          confirmation: CONFIRMATION,
          agreement: { verdict: 'in-step', lacks: 0, has: 0 },
          id: '5f1d0a4c6be2c8d7a90e3b1244d7f8c95b6a0e13',
          host: '192.0.2.7',
          agrees: true,
          address: '192.0.2.7:7651',
          outgoing: true,
          client: 'TorrentTX 0.1.0',
          connectedSeconds: 3_605,
          received: { bytes: 20_411, transactions: 3 },
          sent: { bytes: 18_220, transactions: 1 },
        },
      ],
    },
  },
  tx_submit: { params: { file: PAYMENT_FILE }, result: UNORDERED },
  tx_get: { params: { infohash: PAYMENT, fetchMs: 5_000 }, result: { ...ORDERED, heldBy: 1, descendants: 1 } },
  tx_list: {
    params: { limit: 1, unordered: true },
    result: { transactions: [], next: 3 },
  },
  tx_where: {
    params: { infohash: REQUEST },
    result: {
      ...REQUESTED,
      heldBy: 1,
      descendants: 0,
      elsewhere: [],
      unread: 0,
      bridging: {
        recipient: BOB,
        gross: 100n,
        net: 99n,
        paid: false,
        block: BLOCK,
        step: 2,
        payableAt: PUBLISHED_AT + 24 * 3_600,
        payableAtLatest: PUBLISHED_AT + 48 * 3_600,
        finalTime: FINAL_TIME,
        waitingFor: 'its block to become final: nobody may refute it, and no heavier branch may come',
      },
    },
  },
  account_balance: {
    params: { owner: BOB },
    result: {
      spendable: 930n,
      ordered: 930n,
      final: 0n,
      settled: 930n,
      outputs: [{ infohash: REQUEST, value: 930n, status: 'ordered' }],
    },
  },
  account_assets: {
    params: { owner: BOB },
    result: { assets: [{ asset: VAULT, spendable: 250n, ordered: 250n, final: 0n, settled: 250n }] },
  },
  account_inputs: {
    params: { owner: BOB, tokens: 500n },
    result: { prev: [REQUEST], sum: 930n, unorderedAncestors: 0, relayBits: 0 },
  },
  account_outputs: {
    params: { owner: BOB, of: [REQUEST] },
    result: { outputs: [{ infohash: REQUEST, status: 'ordered', value: 930n }] },
  },
  account_history: { params: { owner: BOB, limit: 1 }, result: { transactions: [REQUESTED], cursor: '3' } },
  bridge_blocks: { params: { after: GENESIS_BLOCK, limit: 100 }, result: { status: STATUS, blocks: [BLOCK_SUMMARY] } },
  bridge_history: { params: { from: 1n, limit: 100 }, result: { status: STATUS, blocks: [BLOCK_SUMMARY] } },
  bridge_children: { params: { parent: GENESIS_BLOCK }, result: { blocks: [BLOCK_SUMMARY] } },
  bridge_block: {
    params: { id: BLOCK },
    result: { ...BLOCK_SUMMARY, sealed: SEALED, packedSteps: STEPS, states: STATES },
  },
  bridge_blobs: { params: { id: BLOCK }, result: { blobs: [] } },
  bridge_files: {
    params: { id: BLOCK },
    result: {
      files: FILES,
    },
  },
  bridge_balance: {
    params: { owner: BOB },
    result: {
      ...{ block: BLOCK, height: 1n, balance: 930n, sealed: SEALED },
      ...{ kind: 0, id: new Uint8Array(20) },
      opening: parseHex(
        '0x029587650b4ab9f118736cee44286dfe5f2f6d2f014a55e609bc556c777ac08bf1e1d77b06b5e16a13e4173a8f7aec7f5bdaf2b10dae5c32af172211842f61a3e5' +
          '01eec42ee88373a83ad276c4c584e63cf79a066e464fdbc59270c0b10c137fa32f000000000000000000000000000003a2',
      ),
    },
  },
  bridge_template: {
    params: {},
    result: {
      status: BEFORE,
      parent: { id: GENESIS_BLOCK, sealed: GENESIS_SEALED, publishedAt: PUBLISHED_AT - 3_600 },
      lanes: { deposits: 1n, assets: 0n, forced: 0n },
      queue: [DEPOSIT],
      candidates: [
        {
          infohash: PAYMENT,
          packed: PAYMENT_PACKED,
          after: [],
          coinAge: 10n ** 27n * 3_540n,
          firstSeen: FIRST_SEEN,
        },
      ],
    },
  },
  bridge_next: {
    params: {},
    result: {
      status: BEFORE,
      parent: { id: GENESIS_BLOCK, height: 0n, publishedAt: PUBLISHED_AT - 3_600 },
      height: 1n,
      target: (2n ** 240n - 1n) / 2n,
      hashes: 131_072n,
      easesAt: PUBLISHED_AT - 900,
      easesBy: 900,
      waiting: {
        requests: 0,
        fee: 10n,
        entries: 1,
        dueAt: PUBLISHED_AT + 2_700,
        payments: 1,
        oldestPayment: FIRST_SEEN,
      },
    },
  },
  bridge_queue: { params: { lane: 'deposits', from: 0n, count: 10 }, result: { entries: [DEPOSIT], length: 1n } },
  bridge_submit: {
    params: { sealed: SEALED, steps: STEPS, states: STATES },
    result: { id: BLOCK, torrent: TORRENT },
  },
  bridge_due: { params: {}, result: { nominate: [], finalize: [{ block: BLOCK, sealed: SEALED }] } },
  bridge_claims: {
    params: { recipient: BOB, limit: 10 },
    result: {
      claims: [
        {
          block: BLOCK,
          sealed: SEALED,
          number: 0n,
          step: 2,
          siblings: [],
          infohash: REQUEST,
          recipient: BOB,
          gross: 100n,
          net: 99n,
        },
      ],
    },
  },
  bridge_request: {
    params: { infohash: REQUEST },
    result: {
      request: {
        block: BLOCK,
        sealed: SEALED,
        number: 0n,
        step: 2,
        siblings: [],
        infohash: REQUEST,
        recipient: BOB,
        tokens: 100n,
        leaf: parseHash('0x9a35c3f2ee4777034786b5141b9beaec682ce22eedcb6bf9433eb26164c49e6f'),
      },
    },
  },
  proof_export: { params: { infohash: PAYMENT }, result: { torrent: PROOF, files: [], left: 0 } },
  proof_import: { params: { torrent: PROOF, fetchMs: 0 }, result: UNORDERED },
  feed_read: {
    params: { after: 6, limit: 1 },
    result: {
      events: [
        {
          sequence: 7,
          epoch: FIRST_SEEN,
          kind: 'transaction',
          infohash: PAYMENT,
          before: { status: 'accepted' },
          after: { status: 'ordered', block: { id: BLOCK, height: 1n, step: 0 } },
        },
      ],
      newest: 12,
    },
  },
  feed_snapshot: {
    params: { limit: 1 },
    result: {
      sequence: 12,
      epoch: FIRST_SEEN,
      changes: [
        {
          kind: 'block',
          block: { id: BLOCK, height: 1n, parent: GENESIS_BLOCK, miner: ALICE, publishedAt: PUBLISHED_AT },
          after: { verdict: 'valid', refuted: false, final: false },
        },
      ],
    },
  },
  'rpc.discover': {
    params: {},
    result: {
      openrpc: '1.3.2',
      info: { title: 'TorrentTX node', version: '0.1.0' },
      methods: [{ name: 'node_info', params: [] }],
    },
  },
}
