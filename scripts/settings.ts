// Every setting there is, once: what may be set, how, to what, and why. Flags come first, then the environment, then `.env`,
// then what the data folder says: the devnet that runs there, or what its node runs with. Long because it is one table.

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse } from 'dotenv'
import { z } from 'zod'
import { ROWS } from '../miner/rows-choice.ts'
import { KERNELS } from '../miner/work/kernels/names.ts'
import { OperationError } from '../node/errors.ts'
import { LOG_LEVELS } from '../node/log.ts'
import { DEFAULT_NETWORK_OPTIONS, NETWORK_PROFILES } from '../node/network/options.ts'
import type { Asset } from '../node/protocol/asset.ts'
import { parseAddress, parseInfohash } from '../node/protocol/ids.ts'
import { RuleError } from '../node/protocol/rule-error.ts'
import { hostAndPort } from '../node/schema.ts'

/** How a setting is given and explained. */
export type SettingInfo = {
  readonly env: `TTX_${string}`
  /** As commander reads it; its long name in camelCase is the setting's key. Absent: a secret has no flag, since others can list those. */
  readonly flag?: string
  /** One sentence without a full stop. */
  readonly about: string
  /** For `.env.example`. */
  readonly example: string
  /** Never shown, not even in errors. */
  readonly secret?: true
  /** A URL, which may hold a password or a key: errors do not show it either. */
  readonly mayHoldSecret?: true
}

const info = z.registry<SettingInfo>()
const path = z
  .string()
  // `--data --json` is a flag that lost its value.
  .regex(/^[^-]/, 'a path (one that begins with - is written with ./ before it)')
  .transform(expandPath)
const url = z.string().regex(/^https?:\/\/[^\s,]+$/, 'a URL that begins with http:// or https://')
const listOf = <T>(one: z.ZodType<T, string>) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(one))
const whole = (least: number, most: number) =>
  z.coerce
    .number(`a whole number from ${least} to ${most}`)
    .int(`a whole number from ${least} to ${most}`)
    .min(least, `at least ${least}`)
    .max(most, `at most ${most}`)
const addressText = z
  .string()
  .trim()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'an address: 0x and 40 hex digits')
  .transform((text, context) => {
    try {
      return parseAddress(text)
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      context.addIssue(
        'an address whose upper and lower case fit its digits (EIP-55), since in this one a digit is wrong',
      )
      return z.NEVER
    }
  })
const assetText: z.ZodType<Asset, string> = z.union(
  [
    addressText,
    z
      .string()
      .regex(/^[0-9a-fA-F]{40}$/)
      .transform((text) => parseInfohash(text)),
  ],
  'ids of assets separated by commas (an infohash, or an address with 0x whose upper and lower case fit its digits), or none',
)

/** A webhook, or a command that no shell reads: what only a shell understands is refused, rather than handed on as it is. */
const alarmTarget = z
  .string()
  .trim()
  .regex(
    /^(https?:\/\/[^\s/]\S*|(?![a-zA-Z][a-zA-Z0-9+.-]*:\/\/)[^-\s"'`$|&;<>][^"'`$|&;<>]*)$/,
    'a URL that begins with http:// or https://, or a command with arguments between spaces, without quotes or anything else that only a shell reads (put that into a script)',
  )

const LISTEN_PLACE = 'off, a port from 0 to 65535, or host:port'
/** `undefined` is off. */
const listenPlace = z
  .string()
  .trim()
  .regex(/^(off|([0-9a-zA-Z.-]+:|\[[0-9a-fA-F:]+\]:)?[0-9]{1,5})$/, LISTEN_PLACE)
  .transform((text) => {
    if (text === 'off') return undefined
    const at = text.lastIndexOf(':')
    const host = text.slice(0, Math.max(at, 0)).replace(/^\[|\]$/g, '')
    return { host: host === '' ? '127.0.0.1' : host, port: Number(text.slice(at + 1)) }
  })
  .refine((place) => place === undefined || place.port <= 65_535, LISTEN_PLACE)

const ORIGINS =
  'none, any, remote, or origins of pages separated by commas, as in https://wallet.example.org, without a path'
const originText = z.string().regex(/^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?$/, ORIGINS)
const origins = z.union([z.enum(['none', 'any', 'remote']), listOf(originText)], ORIGINS)

const PROFILES = ['local', 'public'] as const satisfies readonly (keyof typeof NETWORK_PROFILES)[]
const hosts = PROFILES.map((name) => `${NETWORK_PROFILES[name].host} with the profile ${name}`).join(', ')
const ENCRYPTIONS = ['accepted', 'preferred', 'required'] as const

const settingsSchema = z.strictObject({
  network: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'a name of 1 to 32 characters a-z, 0-9 and -')
    .default('devnet')
    .register(info, {
      env: 'TTX_NETWORK',
      flag: '--network <name>',
      about: 'Name of the network; it picks the data folder unless that is set',
      example: 'devnet',
    }),
  data: path.optional().register(info, {
    env: 'TTX_DATA',
    flag: '--data <folder>',
    about: 'Data folder, where wallets and everything else are kept (default: ~/.torrenttx/<network>)',
    example: '~/.torrenttx/devnet',
  }),
  wallet: z.string().min(1, 'a name').default('default').register(info, {
    env: 'TTX_WALLET',
    flag: '--wallet <name>',
    about: 'Name of the wallet that a command uses',
    example: 'default',
  }),
  passphrase: z.string().min(1).optional().register(info, {
    env: 'TTX_PASSPHRASE',
    about: 'Passphrase of the wallet; a file is better, since other programs of yours can read the environment',
    example: 'correct horse battery staple',
    secret: true,
  }),
  passphraseFile: path.optional().register(info, {
    env: 'TTX_PASSPHRASE_FILE',
    flag: '--passphrase-file <file>',
    about: 'File that holds the passphrase of the wallet; used where TTX_PASSPHRASE is not set',
    example: '~/.torrenttx/passphrase',
  }),
  signer: url.optional().register(info, {
    env: 'TTX_SIGNER',
    flag: '--signer <url>',
    about:
      'JSON-RPC of a wallet elsewhere (Frame, Clef, Web3Signer) that signs instead of one of this data folder: payments, requests and offers on the TTX side',
    example: 'http://127.0.0.1:1248',
    mayHoldSecret: true,
  }),
  account: addressText.optional().register(info, {
    env: 'TTX_ACCOUNT',
    flag: '--account <address>',
    about: 'Which account of the signer; it may be left out where that has one only',
    example: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  }),
  signerPlainHttp: z.union([z.boolean(), z.stringbool()], { error: 'true or false' }).optional().register(info, {
    env: 'TTX_SIGNER_PLAIN_HTTP',
    flag: '--signer-plain-http',
    about: 'Also a signer on another machine without https, where others on the way can read and change what is asked',
    example: 'false',
  }),
  logLevel: z
    .enum(LOG_LEVELS)
    .default('info')
    .register(info, {
      env: 'TTX_LOG_LEVEL',
      flag: '--log-level <level>',
      about: `Least level of what is logged to standard error: ${LOG_LEVELS.join(', ')}`,
      example: 'info',
    }),
  node: url.default('http://127.0.0.1:7650').register(info, {
    env: 'TTX_NODE',
    flag: '--node <url>',
    about: 'JSON-RPC of the node that a command asks',
    example: 'http://127.0.0.1:7650',
    mayHoldSecret: true,
  }),
  ethereum: listOf(url).optional().register(info, {
    env: 'TTX_ETHEREUM',
    flag: '--ethereum <urls>',
    about:
      'JSON-RPC of Ethereum; several, separated by commas: node and watcher want them to agree, all else asks the next where one is silent',
    example: 'http://127.0.0.1:8545',
    mayHoldSecret: true,
  }),
  beacon: listOf(url).optional().register(info, {
    env: 'TTX_BEACON',
    flag: '--beacon <urls>',
    about:
      'Beacon nodes of Ethereum, which have the blobs that blocks are published in; several, separated by commas: any one that has a blob will do',
    example: 'http://127.0.0.1:5052',
    mayHoldSecret: true,
  }),
  deployment: path.optional().register(info, {
    env: 'TTX_DEPLOYMENT',
    flag: '--deployment <file>',
    about:
      'File that says where the bridge of the network is, as `ttx network create`, `ttx deploy` and a devnet write it',
    example: 'net.json',
  }),
  rpcHost: z.string().min(1, 'a host').default('127.0.0.1').register(info, {
    env: 'TTX_RPC_HOST',
    flag: '--rpc-host <host>',
    about: 'Where the node listens for JSON-RPC; anyone who reaches it can use the node, which holds no keys',
    example: '127.0.0.1',
  }),
  rpcPort: whole(0, 65_535).default(7650).register(info, {
    env: 'TTX_RPC_PORT',
    flag: '--rpc-port <port>',
    about: 'Port of the JSON-RPC of the node; 0 picks a free one',
    example: '7650',
  }),
  ethereumRpc: z
    .string()
    .refine((text) => text === 'off' || isPort(text) || hostAndPort.safeParse(text).success, LISTEN_PLACE)
    .default('off')
    .register(info, {
      env: 'TTX_ETHEREUM_RPC',
      flag: '--ethereum-rpc <port|off>',
      about:
        'Port on which the node lets wallets that know Ethereum only read balances, payments and blocks (MetaMask, viem, ethers): of this machine, or host:port; 0 picks a free one',
      example: '7654',
    }),
  metrics: listenPlace.optional().register(info, {
    env: 'TTX_METRICS',
    flag: '--metrics <where>',
    about:
      'Where a process that runs until Ctrl-C shows /metrics for Prometheus, /health and /ready: off, a port of this machine, or host:port; each process needs a port of its own (default: off)',
    example: 'off',
  }),
  networkProfile: z.enum(PROFILES).default('local').register(info, {
    env: 'TTX_NETWORK_PROFILE',
    flag: '--network-profile <name>',
    about:
      'How the node finds others: local listens on loopback and talks to --peers and --trackers only; public listens on all addresses, and uses the DHT, peer exchange and uTP',
    example: 'public',
  }),
  listenHost: z
    .string()
    .min(1, 'a host')
    .optional()
    .register(info, {
      env: 'TTX_LISTEN_HOST',
      flag: '--listen-host <host>',
      about: `Where the node listens for BitTorrent connections (default: ${hosts})`,
      example: '0.0.0.0',
    }),
  listenPort: whole(0, 65_535).default(7651).register(info, {
    env: 'TTX_LISTEN_PORT',
    flag: '--listen-port <port>',
    about: 'Port for BitTorrent; 0 picks a free one',
    example: '7651',
  }),
  publicAddress: hostAndPort.optional().register(info, {
    env: 'TTX_PUBLIC_ADDRESS',
    flag: '--public-address <host:port>',
    about:
      'Where others reach the node for BitTorrent, as proofs say it (default: what its peers see of it, if they agree and somebody has reached it)',
    example: 'node.example.org:7651',
  }),
  peers: listOf(hostAndPort).optional().register(info, {
    env: 'TTX_PEERS',
    flag: '--peers <list>',
    about: 'Nodes to stay connected to, host:port, separated by commas',
    example: '127.0.0.1:7653',
  }),
  trackers: listOf(z.string().regex(/^(https?|udp):\/\//, 'an announce URL (http, https or udp)'))
    .optional()
    .register(info, {
      env: 'TTX_TRACKERS',
      flag: '--trackers <urls>',
      about: 'BitTorrent trackers at which nodes find each other, separated by commas',
      example: 'udp://127.0.0.1:6969',
      mayHoldSecret: true,
    }),
  dhtBootstrap: listOf(hostAndPort).optional().register(info, {
    env: 'TTX_DHT_BOOTSTRAP',
    flag: '--dht-bootstrap <list>',
    about: 'Entry points of a DHT of your own, host:port, separated by commas; the DHT is on then, with either profile',
    example: '127.0.0.1:7654',
  }),
  without: listOf(z.enum(['dht', 'pex', 'utp']))
    .optional()
    .register(info, {
      env: 'TTX_WITHOUT',
      flag: '--without <list>',
      about: 'What of dht, pex and utp is off although the profile has it, separated by commas',
      example: 'dht,utp',
    }),
  encryption: z
    .enum(ENCRYPTIONS)
    .default('accepted')
    .register(info, {
      env: 'TTX_ENCRYPTION',
      flag: '--encryption <how>',
      about: `Encryption of BitTorrent connections: ${ENCRYPTIONS.join(', ')}; it hides from filters, not from spies, and costs CPU`,
      example: 'preferred',
    }),
  websocketOrigins: origins.optional().register(info, {
    env: 'TTX_WEBSOCKET_ORIGINS',
    flag: '--websocket-origins <which>',
    about:
      'Web pages that may be light peers of the node, by WebSocket on --listen-port: none; remote, which is any page, but none that runs on this machine or network; any; or their origins, separated by commas (default: none with the profile local, remote with public)',
    example: 'https://wallet.example.org',
  }),
  maxConnections: whole(1, 10_000).default(DEFAULT_NETWORK_OPTIONS.maxConnections).register(info, {
    env: 'TTX_MAX_CONNECTIONS',
    flag: '--max-connections <count>',
    about: 'BitTorrent connections that may come in: a quarter is kept for nodes, a quarter for others',
    example: '400',
  }),
  maxConnectionsPerHost: whole(1, 10_000).default(DEFAULT_NETWORK_OPTIONS.maxConnectionsPerHost).register(info, {
    env: 'TTX_MAX_CONNECTIONS_PER_HOST',
    flag: '--max-connections-per-host <count>',
    about: 'Of those that came in, how many may be from one host (IPv6: one 64-bit subnet) when few places are free',
    example: '64',
  }),
  maxLiveTorrents: whole(1, 100_000).default(DEFAULT_NETWORK_OPTIONS.maxLiveTorrents).register(info, {
    env: 'TTX_MAX_LIVE_TORRENTS',
    flag: '--max-live-torrents <count>',
    about: 'Stored torrents that may be awake at once, about 40 kB of memory each',
    example: '2000',
  }),
  uploadLimit: whole(1_000, 10_000_000_000).optional().register(info, {
    env: 'TTX_UPLOAD_LIMIT',
    flag: '--upload-limit <bytes>',
    about: 'Bytes per second that the node sends over BitTorrent at most (default: no limit)',
    example: '1000000',
  }),
  downloadLimit: whole(1_000, 10_000_000_000).optional().register(info, {
    env: 'TTX_DOWNLOAD_LIMIT',
    flag: '--download-limit <bytes>',
    about: 'Bytes per second that the node receives over BitTorrent at most (default: no limit)',
    example: '5000000',
  }),
  trackerHost: z.union([z.ipv4(), z.ipv6()], 'an IP address of this machine').default('127.0.0.1').register(info, {
    env: 'TTX_TRACKER_HOST',
    flag: '--tracker-host <address>',
    about: 'Where `ttx tracker` listens: 0.0.0.0 is all addresses of IPv4, :: of both families',
    example: '0.0.0.0',
  }),
  trackerPort: whole(0, 65_535).default(6_969).register(info, {
    env: 'TTX_TRACKER_PORT',
    flag: '--tracker-port <port>',
    about: 'Port of `ttx tracker`, for TCP and UDP; 0 picks a free one',
    example: '6969',
  }),
  anyInfohash: z.union([z.boolean(), z.stringbool()], { error: 'true or false' }).optional().register(info, {
    env: 'TTX_ANY_INFOHASH',
    flag: '--any-infohash',
    about:
      '`ttx tracker` takes any infohash and asks no node (default: the meeting point, and transactions that the node of --node has)',
    example: 'false',
  }),
  pollMs: whole(20, 600_000).default(2_000).register(info, {
    env: 'TTX_POLL_MS',
    flag: '--poll-ms <ms>',
    about: 'Milliseconds between two looks at Ethereum, of `ttx maker` at its node',
    example: '2000',
  }),
  maxGasPrice: whole(1, 1_000_000).default(500).register(info, {
    env: 'TTX_MAX_GAS_PRICE',
    flag: '--max-gas-price <gwei>',
    about:
      'Gwei that a unit of gas may cost at most, or nothing is sent; what has a deadline may cost more in its last hours',
    example: '100',
  }),
  maxBlobGasPrice: whole(1, 1_000_000).default(100).register(info, {
    env: 'TTX_MAX_BLOB_GAS_PRICE',
    flag: '--max-blob-gas-price <gwei>',
    about: 'The same for a unit of blob gas, of which blocks in blobs take 131,072 for each of them',
    example: '20',
  }),
  finalityDepth: whole(1, 10_000).default(64).register(info, {
    env: 'TTX_FINALITY_DEPTH',
    flag: '--finality-depth <blocks>',
    about: 'Blocks of Ethereum that may still be reorganised; what is not that deep is not called final',
    example: '64',
  }),
  fromFinal: z.union([z.boolean(), z.stringbool()], { error: 'true or false' }).optional().register(info, {
    env: 'TTX_FROM_FINAL',
    flag: '--from-final',
    about:
      'A new data folder begins at the final block, however long it takes until a peer delivers its balances (default: at the final block if a peer delivers them within a minute, else at genesis)',
    example: 'true',
  }),
  fromGenesis: z.union([z.boolean(), z.stringbool()], { error: 'true or false' }).optional().register(info, {
    env: 'TTX_FROM_GENESIS',
    flag: '--from-genesis',
    about: 'A new data folder begins at genesis: everything is read from Ethereum, which must have all old logs',
    example: 'true',
  }),
  skipPast: z.union([z.boolean(), z.stringbool()], { error: 'true or false' }).optional().register(info, {
    env: 'TTX_SKIP_PAST',
    flag: '--skip-past',
    about:
      'A node that began at a final block does not replay in the background what led to it, from genesis on, which takes processor time and, while it lasts, memory for a second set of balances',
    example: 'true',
  }),
  keep: z
    .union([z.literal('all'), whole(0, 1_000_000_000)], 'all or a number of blocks')
    .default(256)
    .register(info, {
      env: 'TTX_KEEP',
      flag: '--keep <blocks>',
      about:
        'How many blocks behind the final one the balances stay on disk, after one block in 16, or all; of older blocks one in 256: all blocks are served, but those take longer',
      example: '256',
    }),
  feed: z
    .union([z.enum(['off', 'all']), whole(1, 1_000_000_000)], 'off, all or a number of blocks')
    .default('off')
    .register(info, {
      env: 'TTX_FEED',
      flag: '--feed <blocks>',
      about:
        'Keeps a feed of all changes, for indexers, of so many blocks behind the final one, or all: some 250 bytes of disk for each change (docs/feed.md)',
      example: '256',
    }),
  feedFiles: path.optional().register(info, {
    env: 'TTX_FEED_FILES',
    flag: '--feed-files <folder>',
    about: 'Writes the feed into this folder too, as JSON lines',
    example: '~/.torrenttx/devnet/feed',
  }),
  database: z
    .string()
    .regex(/^postgres(ql)?:\/\/\S+$/, 'a URL that begins with postgres://')
    .optional()
    .register(info, {
      env: 'TTX_DATABASE',
      flag: '--database <url>',
      about: 'PostgreSQL database in which `ttx index` keeps its tables (default: PGlite, in the data folder)',
      example: 'postgres://ttx@127.0.0.1/ttx',
      mayHoldSecret: true,
    }),
  serve: whole(0, 65_535).optional().register(info, {
    env: 'TTX_SERVE',
    flag: '--serve <port>',
    about: 'Port of 127.0.0.1 at which `ttx index` answers queries (default: none); 0 picks a free one',
    example: '7655',
  }),
  onlyServe: z.union([z.boolean(), z.stringbool()], { error: 'true or false' }).optional().register(info, {
    env: 'TTX_ONLY_SERVE',
    flag: '--only-serve',
    about: '`ttx index` answers queries out of the database that another one writes, and asks no node',
    example: 'true',
  }),
  maxUnordered: whole(1_000, 100_000_000).default(1_000_000).register(info, {
    env: 'TTX_MAX_UNORDERED',
    flag: '--max-unordered <count>',
    about:
      'Payments that no block has ordered, at some 1,100 bytes of disk each, before no more are taken from strangers; as it fills, a coin has room for fewer of them without work',
    example: '1000000',
  }),
  maxEthereumAge: whole(0, 86_400).default(900).register(info, {
    env: 'TTX_MAX_ETHEREUM_AGE',
    flag: '--max-ethereum-age <seconds>',
    about: 'An endpoint whose newest block is older than this counts as stuck, and is not believed; 0: any age will do',
    example: '900',
  }),
  threads: z
    .union([z.literal('auto'), whole(1, 1_024)], 'auto or a whole number from 1 to 1024')
    .default('auto')
    .register(info, {
      env: 'TTX_THREADS',
      flag: '--threads <count>',
      about:
        'Threads that search for proof of work, or auto: as many as there are cores, but for one that is left to everything else; none of them runs while nothing is worth a block',
      example: '4',
    }),
  kernel: z
    .enum(['auto', ...KERNELS])
    .default('auto')
    .register(info, {
      env: 'TTX_KERNEL',
      flag: '--kernel <name>',
      about: `What searches: ${KERNELS.join(', ')}, or auto: the fastest on this machine; "ttx benchmark" compares them`,
      example: 'wasm',
    }),
  payout: addressText.optional().register(info, {
    env: 'TTX_PAYOUT',
    flag: '--payout <address>',
    about: 'Who gets the fees and bonds of mined blocks (default: the account that pays for the transactions)',
    example: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  }),
  price: z
    .string()
    .regex(
      /^(0|[1-9][0-9]{0,11})(\.[0-9]{1,18})?$/,
      'ETH for one TTX above zero, with at most 18 decimals, as in 0.002',
    )
    .transform(weiOfEther)
    .refine((wei) => wei > 0n, 'ETH for one TTX above zero, with at most 18 decimals, as in 0.002')
    .optional()
    .register(info, {
      env: 'TTX_PRICE',
      flag: '--price <eth>',
      about:
        'What one TTX is worth, in ETH; a block is published as soon as its fees exceed its gas (without it: after the longest wait)',
      example: '0.002',
    }),
  marginPercent: whole(0, 10_000).default(10).register(info, {
    env: 'TTX_MARGIN_PERCENT',
    flag: '--margin-percent <percent>',
    about: 'By how much the fees have to exceed the gas',
    example: '10',
  }),
  longestWait: whole(0, 86_400).default(3_600).register(info, {
    env: 'TTX_LONGEST_WAIT',
    flag: '--longest-wait <seconds>',
    about: 'What waits is published after this many seconds, whatever it costs; 0: at once',
    example: '600',
  }),
  paymentsWait: whole(0, 604_800).optional().register(info, {
    env: 'TTX_PAYMENTS_WAIT',
    flag: '--payments-wait <seconds>',
    about:
      'Payments alone are ordered after this many seconds by a block that earns nothing (default: never, they ride along with requests, deposits and forced transactions)',
    example: '7200',
  }),
  rows: z
    .enum(['auto', ...ROWS])
    .default('auto')
    .register(info, {
      env: 'TTX_ROWS',
      flag: '--rows <where>',
      about:
        'Where the miner posts the rows of its blocks: calldata, blobs, or auto, which takes what a block is worth most with; a chain without blobs gets calldata',
      example: 'calldata',
    }),
  assets: z
    .string()
    .trim()
    .transform((text) => (text === 'none' ? '' : text))
    .pipe(listOf(assetText))
    .optional()
    .register(info, {
      env: 'TTX_ASSETS',
      flag: '--assets <ids>',
      about:
        'Other assets whose requests blocks carry, as you can price what they pay you at their gateways; none: of no other asset (default: of any, where there is room that costs nothing or is paid for)',
      example: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    }),
  courtesy: whole(0, 86_400).default(60).register(info, {
    env: 'TTX_COURTESY',
    flag: '--courtesy <seconds>',
    about: 'Others get this many seconds before we pay for what anyone may do: nominate, finalize, claim',
    example: '60',
  }),
  onAlarm: alarmTarget.optional().register(info, {
    env: 'TTX_ON_ALARM',
    flag: '--on-alarm <target>',
    about:
      'Who is told of alarms of the watcher, each one JSON object: a URL, which gets it as a POST, or a command, which gets it on its standard input',
    example: 'https://alarms.example.org/ttx',
    mayHoldSecret: true,
  }),
  confirmations: whole(1, 100).default(2).register(info, {
    env: 'TTX_CONFIRMATIONS',
    flag: '--confirmations <blocks>',
    about: 'Blocks of Ethereum that a transaction must have, its own included, to count as done',
    example: '2',
  }),
  logJson: z.union([z.boolean(), z.stringbool()], { error: 'true or false' }).optional().register(info, {
    env: 'TTX_LOG_JSON',
    flag: '--log-json',
    about: 'Log lines as JSON instead of readable text (default: text, but for `ttx miner` without a terminal)',
    example: 'true',
  }),
})

export type SettingKey = keyof z.output<typeof settingsSchema>
/** `data` is absolute. */
export type Settings = z.output<typeof settingsSchema> & { readonly data: string }
/** What a setting is where neither flag nor environment nor `.env` says it, from what runs on the data folder. */
export type Surrounding = Partial<Record<SettingKey, string>>
/** Settings that every command accepts; the others are flags only of the commands that use them. */
export const GLOBAL_SETTINGS: readonly SettingKey[] = [
  'network',
  'data',
  'wallet',
  'passphraseFile',
  'logLevel',
  'logJson',
]
export const SETTING_KEYS = Object.keys(settingsSchema.shape) as readonly SettingKey[]

/** Throws a plain error where a setting was not registered: our bug. */
export function settingInfo(key: SettingKey): SettingInfo {
  const found = info.get(settingsSchema.shape[key])
  if (found === undefined) throw new Error(`setting ${key} says nothing about itself`)
  return found
}

/** What holds where nothing is set, as text for `--help`. */
export function settingDefault(key: SettingKey): string | undefined {
  const parsed = settingsSchema.shape[key].safeParse(undefined)
  return parsed.success && parsed.data !== undefined ? String(parsed.data) : undefined
}

/** The variables of `<folder>/.env`; none where there is no such file. Throws `OperationError('bad-setting')` if it cannot be read. */
export function readDotenv(folder: string): Readonly<Record<string, string>> {
  const file = join(folder, '.env')
  try {
    return parse(readFileSync(file))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return {}
    throw new OperationError('bad-setting', `expected to read ${file}, got ${cause}; check its owner and mode`, {
      facts: { file },
      cause,
    })
  }
}

/**
 * Settings from three sources, the earlier ones first; an empty variable counts as not set. Flags are keyed as settings are, and
 * keys that are not settings are left alone. `surrounding` comes last, before the defaults. Throws `OperationError('bad-setting')`.
 */
export function loadSettings(
  flags: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
  dotenv: Readonly<Record<string, string>>,
  surrounding: (data: string) => Surrounding = () => ({}),
): Settings {
  const given: Partial<Record<SettingKey, unknown>> = {}
  const sources: Partial<Record<SettingKey, string>> = {}
  for (const key of SETTING_KEYS) {
    const { env } = settingInfo(key)
    const places = [
      ['the command line', flags[key]],
      ['the environment', environment[env] || undefined],
      ['.env', dotenv[env] || undefined],
    ] as const
    const place = places.find(([, value]) => value !== undefined)
    if (place === undefined) continue
    sources[key] = place[0]
    given[key] = place[1]
  }
  if (sources.passphraseFile === 'the command line') delete given.passphrase // the flag was meant
  const parsed = settingsSchema.safeParse(given)
  if (!parsed.success) throw badSetting(parsed.error, given, sources)
  const settings = parsed.data
  const data = settings.data ?? join(homedir(), '.torrenttx', settings.network)
  const around = surrounding(data)
  for (const key of SETTING_KEYS) {
    if (given[key] !== undefined || around[key] === undefined) continue
    sources[key] = `the data folder ${data}`
    given[key] = around[key]
  }
  const all = settingsSchema.safeParse(given)
  if (!all.success) throw badSetting(all.error, given, sources)
  return { ...all.data, data }
}

/** Names of variables that look like settings and are not: most likely a typo. */
export function unknownSettings(variables: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set<string>(SETTING_KEYS.map((key) => settingInfo(key).env))
  return Object.keys(variables).filter((name) => name.startsWith('TTX_') && !known.has(name))
}

/** Wei of ether as it is written, digits with at most one point. */
function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535
}

function weiOfEther(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(18, '0'))
}

function expandPath(text: string): string {
  return resolve(text === '~' || text.startsWith('~/') ? join(homedir(), text.slice(1)) : text)
}

function badSetting(
  error: z.ZodError,
  given: Partial<Record<SettingKey, unknown>>,
  sources: Partial<Record<SettingKey, string>>,
): OperationError {
  const issue = error.issues[0]
  const key = SETTING_KEYS.find((known) => known === issue?.path[0])
  if (issue === undefined || key === undefined) throw error
  const { env, flag, secret, mayHoldSecret } = settingInfo(key)
  const isHidden = secret || mayHoldSecret
  const name = [flag?.split(' ')[0], env].filter((part) => part !== undefined).join(' or ')
  const source = sources[key] ?? 'nowhere'
  const came = isHidden ? 'something else (not shown)' : JSON.stringify(given[key])
  const expected = issue.code === 'invalid_value' ? `one of ${issue.values.join(', ')}` : issue.message
  return new OperationError(
    'bad-setting',
    `expected ${name} to be ${expected}, got ${came} from ${source}; correct it there`,
    {
      facts: { setting: key, source, ...(isHidden ? {} : { value: String(given[key]) }) },
    },
  )
}
