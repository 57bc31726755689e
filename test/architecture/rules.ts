// The import table as data: which folder may import which of ours and which packages, and why it is that way.

/** Where a file lives decides by the longest `folder` that its path starts with. */
export type FolderRule = {
  /** Ends with a slash, or is one file; empty for the files at the root. */
  readonly folder: string
  /** Path prefixes of our own files that it may import, besides its own folder. */
  readonly ours: readonly string[]
  /** Prefixes of what it may not import although it is in its folder or in `ours`. */
  readonly except?: readonly string[]
  /** Packages by name (or scope, with a slash at its end), with `node:` for all of Node's own; `any` for all. */
  readonly packages: readonly string[] | 'any'
}

const ANY_OF_OURS = ['']

export const FOLDER_RULES: readonly FolderRule[] = [
  { folder: 'contracts/', ours: [], packages: ['@openzeppelin/contracts'] },
  { folder: 'deployments/', ours: [], packages: [] },
  // The executable spec: pure. secp256k1 is there because it recovers keys 25 times faster than noble does.
  { folder: 'node/protocol/', ours: [], packages: ['@noble/', 'secp256k1', 'node:assert'] },
  { folder: 'node/', ours: ['deployments/'], except: ['node/client/'], packages: 'any' },
  // What is said over the RPC, for server, client and documentation: the server's code is not needed to read it.
  { folder: 'node/rpc/methods/', ours: ['node/protocol/', 'node/schema.ts'], packages: ['zod'] },
  { folder: 'node/rpc/api.ts', ours: ['node/rpc/methods/'], packages: ['zod'] },
  // For everybody who is not the node, web pages too: nothing of the node but what is said over the RPC, and nothing that a browser lacks.
  {
    folder: 'node/client/',
    ours: ['node/protocol/', 'node/rpc/api.ts', 'node/rpc/json.ts', 'node/errors.ts'],
    packages: ['zod'],
  },
  {
    folder: 'miner/',
    ours: [
      'node/protocol/',
      'node/client/',
      'node/rpc/api.ts',
      'node/errors.ts',
      'node/log.ts',
      // The logs of an Ethereum endpoint: what the node reads blocks from, so that a watcher can do without the node.
      'node/ethereum.ts',
      'node/bridge/chain.ts',
      'deployments/',
    ],
    packages: 'any',
  },
  // Running and proving may use everything but the tests; nothing but these may use them (checked by `scripts/` being in nobody else's `ours`).
  { folder: 'scripts/', ours: ['node/', 'miner/', 'deployments/', 'package.json'], packages: 'any' },
  { folder: 'test/', ours: ANY_OF_OURS, packages: 'any' },
  { folder: '', ours: [], packages: 'any' },
]

/** Packages that only tests and tools may import: they are not there, or not meant to run, in production. */
export const DEVELOPMENT_FOLDERS: readonly string[] = ['scripts/', 'test/']

/** What would make the spec depend on the moment or the machine. Each is searched in code without comments and strings. */
export const IMPURE: readonly RegExp[] = [
  /\bprocess\b/,
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

/** What a browser lacks. Searched, as above, in all that `node/client/` reaches, which may import these packages and no others. */
export const NODE_ONLY: readonly RegExp[] = [
  /\bprocess\b/,
  /\bBuffer\b/,
  /\bsetImmediate\b/,
  /\b__(dir|file)name\b/,
  /\bimport\.meta\b/,
  /\brequire\b/,
]
export const BROWSER_PACKAGES: readonly string[] = ['zod', '@noble/hashes']

/** `source folders` that may exist at the top; a new one is a decision, not an accident. */
export const TOP_FOLDERS: readonly string[] = ['contracts', 'deployments', 'miner', 'node', 'scripts', 'test']

export function ruleFor(file: string): FolderRule {
  const rule = FOLDER_RULES.filter(({ folder }) => file.startsWith(folder)).toSorted(
    (a, b) => b.folder.length - a.folder.length,
  )[0]
  if (rule === undefined) throw new Error(`no rule for ${file}`)
  return rule
}
