// The import table as data: which folder may import which of ours and which packages, and why it is that way.

/** Where a file lives decides by the longest `folder` that its path starts with. */
export type FolderRule = {
  /** Ends with a slash; empty for the files at the root; or the path of one file. */
  readonly folder: string
  /** Path prefixes of our own files that it may import, besides its own folder. */
  readonly ours: readonly string[]
  /** Prefixes of what it may not import although it is in its folder or in `ours`. */
  readonly except?: readonly string[]
  /** Packages by name (or scope, with a slash at its end), with `node:` for all of Node's own; `any` for all. */
  readonly packages: readonly string[] | 'any'
}

const ANY_OF_OURS = ['']
/** What stands on nothing and is about nothing in particular. */
const BASICS = [
  'node/errors.ts',
  'node/error-codes.ts',
  'node/log.ts',
  'node/schema.ts',
  'node/trouble.ts',
  'node/rounds.ts',
  'node/disk.ts',
  'node/durable.ts',
  'node/within.ts',
  'node/bounded-answer.ts',
  'node/http/',
  'node/stillness.ts',
  'node/turns.ts',
]

const SUITES = ['test/unit/', 'test/integration/', 'test/contract/', 'test/adversarial/', 'test/e2e/']

const FOLDER_RULES: readonly FolderRule[] = [
  { folder: 'contracts/', ours: [], packages: ['@openzeppelin/contracts'] },
  { folder: 'deployments/', ours: [], packages: [] },
  // The executable spec: pure, and a browser runs it. Only Node takes the file with native code, which recovers keys 25 times as fast, and the one
  // that reads WebAssembly, which hashes eight times as fast.
  { folder: 'node/protocol/', ours: [], packages: ['@noble/'] },
  { folder: 'node/protocol/keccak/wasm.ts', ours: ['node/protocol/'], packages: ['node:fs'] },
  { folder: 'node/protocol/secp256k1/native.ts', ours: ['node/protocol/'], packages: ['secp256k1'] },
  { folder: 'node/protocol/sha1/native.ts', ours: ['node/protocol/'], packages: ['node:crypto'] },
  { folder: 'node/', ours: ['deployments/'], except: ['node/client/'], packages: 'any' },
  // The only folder of the node that knows viem.
  {
    folder: 'node/ethereum/',
    ours: ['node/protocol/', 'deployments/', ...BASICS],
    packages: ['viem', 'viem/accounts', 'zod', 'node:'],
  },
  // KZG is Ethereum's own, and heavy: native code, WebAssembly where there is none, and threads for both.
  {
    folder: 'node/ethereum/blobs/',
    ours: ['node/protocol/', 'node/ethereum/chain.ts', 'node/ethereum/problems.ts', ...BASICS],
    packages: ['viem', '@noble/', '@crate-crypto/node-eth-kzg', 'kzg-wasm', 'piscina', 'zod', 'node:'],
  },
  // What a deployment is made into, and held against, is the file that a node is given.
  {
    folder: 'node/ethereum/deploying/',
    ours: ['node/protocol/', 'node/ethereum/', 'node/deployment.ts', 'deployments/', ...BASICS],
    packages: ['viem'],
  },
  // What is said over the RPC, for server, client and documentation: the server's code is not needed to read it.
  { folder: 'node/rpc/methods/', ours: ['node/protocol/', 'node/error-codes.ts', 'node/schema.ts'], packages: ['zod'] },
  { folder: 'node/rpc/api.ts', ours: ['node/rpc/methods/'], packages: ['zod'] },
  // For everybody who is not the node, web pages too: nothing of the node but what is said over the RPC, and nothing that a browser lacks.
  {
    folder: 'node/client/',
    ours: [
      'node/protocol/',
      'node/rpc/api.ts',
      'node/rpc/json.ts',
      'node/errors.ts',
      'node/error-codes.ts',
      'node/http/',
      'node/relay-bits.ts',
      'node/asset-claim.ts',
    ],
    packages: ['zod'],
  },
  // The page of a node: a browser runs it. It acts through the client, and is the one place besides `node/ethereum/` that knows viem, for its wallet.
  {
    folder: 'node/web/page/',
    ours: [
      'node/client/',
      'node/protocol/',
      'node/rpc/api.ts',
      'node/rpc/json.ts',
      'node/errors.ts',
      'node/ethereum/calls.ts',
      // What is asked of gateways, by the connected wallet in place of endpoints.
      'node/ethereum/gateways/',
      'node/ethereum/reader.ts',
      'node/ethereum/problems.ts',
      'deployments/',
    ],
    except: ['node/client/ethereum/'],
    packages: ['react', 'react-dom', '@tanstack/', '@base-ui/', 'wagmi', 'viem', 'zod', 'elkjs'],
  },
  // A light peer for web pages: the messages of the network, and nothing of its sockets.
  {
    folder: 'node/light/',
    ours: [
      'node/protocol/',
      'node/errors.ts',
      'node/network/gossip/messages.ts',
      'node/network/limits.ts',
      'node/network/meeting-point.ts',
      'node/network/store.ts',
      'node/network/torrent/bencode.ts',
      'node/network/torrent/metainfo.ts',
    ],
    packages: [],
  },
  // What users do on Ethereum, with a key and an outbox of their own: no page has these.
  {
    folder: 'node/client/ethereum/',
    ours: ['node/protocol/', 'node/rpc/api.ts', 'node/client/', 'node/ethereum/', 'node/errors.ts', 'node/lineage.ts'],
    packages: [],
  },
  {
    folder: 'miner/',
    ours: [
      'node/protocol/',
      'node/client/',
      'node/ethereum/',
      'node/metrics/',
      'node/rpc/api.ts',
      'deployments/',
      ...BASICS,
    ],
    packages: 'any',
  },
  // Running and proving may use everything but the tests; nothing but these may use them (checked by `scripts/` being in nobody else's `ours`).
  { folder: 'scripts/', ours: ['node/', 'miner/', 'deployments/', 'package.json'], packages: 'any' },
  // The command line starts devnet, demo and drill, and these know nothing of it; the laboratory uses all, and nobody uses it.
  {
    folder: 'scripts/devnet/',
    ours: ['node/', 'miner/', 'deployments/', 'package.json', 'scripts/'],
    except: ['scripts/cli/', 'scripts/assure/', 'scripts/bench/'],
    packages: 'any',
  },
  {
    folder: 'scripts/cli/',
    ours: ['node/', 'miner/', 'deployments/', 'package.json', 'scripts/'],
    except: ['scripts/assure/', 'scripts/bench/'],
    packages: 'any',
  },
  {
    folder: 'scripts/make/',
    ours: ['node/', 'miner/', 'deployments/', 'package.json', 'scripts/'],
    except: ['scripts/cli/', 'scripts/devnet/', 'scripts/bench/'],
    packages: 'any',
  },
  { folder: 'test/', ours: ANY_OF_OURS, packages: 'any' },
  // What several suites build on.
  { folder: 'test/support/', ours: ANY_OF_OURS, except: SUITES, packages: 'any' },
  // Neither Ethereum nor compiled contracts: these tests pass on a clone that was never built.
  {
    folder: 'test/unit/',
    ours: ANY_OF_OURS,
    except: [
      ...SUITES.filter((folder) => folder !== 'test/unit/'),
      'test/support/stage.ts',
      'test/support/chain/anvil.ts',
      'test/support/chain/live-bridge.ts',
      'test/support/contract/',
      'test/support/processes/',
    ],
    packages: 'any',
  },
  { folder: '', ours: [], packages: 'any' },
]

/** What only runs in a clone with everything installed: it may import packages that are not there in production. */
export const DEVELOPMENT_FOLDERS: readonly string[] = [
  'contracts/',
  'hardhat.config.ts',
  'scripts/assure/',
  'scripts/bench/',
  'scripts/make/',
  // Bundled before anybody runs it.
  'node/web/page/',
  'test/',
]

/** Where production starts: what these reach imports production packages only, whichever folder it is in. */
export const PRODUCTION_STARTS: readonly string[] = ['scripts/ttx.ts']

/** What would make the spec depend on the moment or the machine, or on Node. Each is searched in code without comments and strings. */
export const IMPURE: readonly RegExp[] = [
  /\bprocess\b/,
  /\bBuffer\b/,
  /\bDate\b/,
  /\bperformance\b/,
  /\bMath\.random\b/,
  /\bcrypto\b/,
  /\bgetRandomValues\b/,
  /\brandomBytes\b/,
  /\bfetch\b/,
  /\bset(Timeout|Interval|Immediate)\b/,
  /\bconsole\b/,
  /\bglobalThis\b/,
  /\brequire\b/,
  /\bimport\s*\(/,
  /\basync\b/,
  /\bawait\b/,
]

/** What a browser lacks. Searched, as above, in all that `node/client/` and `node/light/` reach, which may import these packages and no others. */
export const NODE_ONLY: readonly RegExp[] = [
  /\bprocess\b/,
  /\bBuffer\b/,
  /\bsetImmediate\b/,
  /\b__(dir|file)name\b/,
  /\bimport\.meta\b/,
  /\brequire\b/,
]
export const BROWSER_PACKAGES: readonly string[] = ['zod', 'bencode', '@noble/curves', '@noble/hashes']

/** `source folders` that may exist at the top; a new one is a decision, not an accident. */
export const TOP_FOLDERS: readonly string[] = ['contracts', 'deployments', 'miner', 'node', 'scripts', 'test']

export function ruleFor(file: string): FolderRule {
  const rule = FOLDER_RULES.filter(({ folder }) => file.startsWith(folder)).toSorted(
    (a, b) => b.folder.length - a.folder.length,
  )[0]
  if (rule === undefined) throw new Error(`no rule for ${file}`)
  return rule
}
