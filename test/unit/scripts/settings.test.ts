// Settings: where they come from, in which order, how wrong ones are told, and that `.env.example` is true.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { parse } from 'dotenv'
import { OperationError } from '../../../node/errors.ts'
import { formatEnvExample } from '../../../scripts/make/env-example.ts'
import {
  GLOBAL_SETTINGS,
  loadSettings,
  readDotenv,
  SETTING_KEYS,
  settingInfo,
  unknownSettings,
} from '../../../scripts/settings.ts'
import { readSources } from '../../architecture/source.ts'

const ENV_EXAMPLE = new URL('../../../.env.example', import.meta.url)

function badSetting(message: RegExp, facts: object): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof OperationError, String(error))
    assert.equal(error.code, 'bad-setting')
    assert.match(error.message, message)
    assert.deepEqual(error.facts, facts)
    return true
  }
}

test('nothing set gives the defaults', () => {
  assert.deepEqual(loadSettings({}, {}, {}), {
    network: 'devnet',
    data: join(homedir(), '.torrenttx', 'devnet'),
    wallet: 'default',
    logLevel: 'info',
    node: 'http://127.0.0.1:7650',
    rpcHost: '127.0.0.1',
    rpcPort: 7650,
    ethereumRpc: 'off',
    networkProfile: 'local',
    listenPort: 7651,
    encryption: 'accepted',
    maxConnections: 100,
    maxConnectionsPerHost: 16,
    maxLiveTorrents: 200,
    trackerHost: '127.0.0.1',
    trackerPort: 6969,
    maxUnordered: 1_000_000,
    pollMs: 2_000,
    maxGasPrice: 500,
    maxBlobGasPrice: 100,
    finalityDepth: 64,
    keep: 256,
    feed: 'off',
    maxEthereumAge: 900,
    threads: 'auto',
    kernel: 'auto',
    marginPercent: 10,
    longestWait: 3_600,
    courtesy: 60,
    rows: 'auto',
    confirmations: 2,
  })
})

test('what runs on the data folder comes after .env and before the defaults', () => {
  const around = (data: string) => ({ node: `http://${data.slice(1)}:1`, ethereum: 'http://b:2,http://c:3' })
  const flags = { data: '/here', ethereum: 'http://d:4' }
  const settings = loadSettings(flags, {}, {}, around)
  assert.deepEqual([settings.node, settings.ethereum], ['http://here:1', ['http://d:4']])
  assert.equal(loadSettings({ data: '/here' }, {}, { TTX_NODE: 'http://e:5' }, around).node, 'http://e:5')
  assert.deepEqual(loadSettings({ data: '/here' }, {}, {}, around).ethereum, ['http://b:2', 'http://c:3'])
})

test('lists, URLs, ports and amounts that make no sense are told', () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ ethereum: 'localhost:8545' }, /a URL that begins with http/],
    [{ peers: '127.0.0.1:1,nowhere' }, /host:port/],
    [{ rpcPort: '65536' }, /at most 65535/],
    [{ listenPort: 'x' }, /a whole number from 0 to 65535/],
    [{ payout: '0x12' }, /an address/],
    [{ networkProfile: 'open' }, /--network-profile or TTX_NETWORK_PROFILE to be one of local, public, got "open"/],
    [{ encryption: '1' }, /one of accepted, preferred, required/],
    [{ uploadLimit: '10' }, /at least 1000/],
    [{ price: '0' }, /ETH for one TTX above zero/],
    [{ price: '0.00' }, /ETH for one TTX above zero/],
    [{ price: '2e-3' }, /ETH for one TTX above zero/],
    [{ price: `0.${'1'.repeat(19)}` }, /at most 18 decimals/],
    [{ threads: '0' }, /--threads or TTX_THREADS to be at least 1/],
    [{ threads: 'all' }, /auto or a whole number from 1 to 1024/],
  ]
  for (const [flags, message] of cases) assert.throws(() => loadSettings(flags, {}, {}), message)
})

test('a price is ETH for one TTX, to the last wei', () => {
  const cases = [
    ['0.002', 2n * 10n ** 15n],
    ['0.000000000000000001', 1n],
    ['3', 3n * 10n ** 18n],
    ['12.5', 125n * 10n ** 17n],
  ] as const
  for (const [price, wei] of cases) assert.equal(loadSettings({ price }, {}, {}).price, wei)
  assert.equal(loadSettings({}, { TTX_PRICE: '0.1' }, {}).price, 10n ** 17n)
})

test('threads are counted, or left to the machine', () => {
  assert.equal(loadSettings({ threads: '3' }, {}, {}).threads, 3)
  assert.equal(loadSettings({ threads: 'auto' }, {}, {}).threads, 'auto')
})

test('a flag beats the environment, the environment beats .env, and an empty variable is none', () => {
  const flags = { wallet: 'flag' }
  const environment = { TTX_WALLET: 'environment', TTX_NETWORK: 'environment', TTX_LOG_LEVEL: '' }
  const dotenv = { TTX_WALLET: 'file', TTX_NETWORK: 'file', TTX_LOG_LEVEL: 'debug', TTX_LOG_JSON: 'yes' }
  const { wallet, network, logLevel, logJson } = loadSettings(flags, environment, dotenv)
  assert.deepEqual(
    { wallet, network, logLevel, logJson },
    { wallet: 'flag', network: 'environment', logLevel: 'debug', logJson: true },
  )
})

test('the data folder follows the network unless it is set, and is absolute', () => {
  assert.equal(loadSettings({ network: 'alpha' }, {}, {}).data, join(homedir(), '.torrenttx', 'alpha'))
  assert.equal(loadSettings({ network: 'alpha', data: '/x' }, {}, {}).data, '/x')
  assert.equal(loadSettings({ data: 'here' }, {}, {}).data, join(process.cwd(), 'here'))
  assert.equal(loadSettings({}, { TTX_DATA: '~/there' }, {}).data, join(homedir(), 'there'))
})

test('a passphrase file that a flag names beats a passphrase in the environment', () => {
  const environment = { TTX_PASSPHRASE: 'from the environment', TTX_PASSPHRASE_FILE: '/f' }
  assert.equal(loadSettings({}, environment, {}).passphrase, 'from the environment')
  assert.equal(loadSettings({ passphraseFile: '/g' }, environment, {}).passphrase, undefined)
  assert.equal(loadSettings({ passphraseFile: '/g' }, environment, {}).passphraseFile, '/g')
})

test('a wrong value is told with what is expected, what came and from where', () => {
  assert.throws(
    () => loadSettings({ logLevel: 'loud' }, {}, {}),
    badSetting(
      /--log-level or TTX_LOG_LEVEL to be one of trace, .*, silent, got "loud" from the command line; correct/,
      {
        setting: 'logLevel',
        source: 'the command line',
        value: 'loud',
      },
    ),
  )
  assert.throws(
    () => loadSettings({}, { TTX_NETWORK: '../etc' }, {}),
    badSetting(/TTX_NETWORK to be a name .* got "\.\.\/etc" from the environment/, {
      setting: 'network',
      source: 'the environment',
      value: '../etc',
    }),
  )
  assert.throws(
    () => loadSettings({}, {}, { TTX_LOG_JSON: 'perhaps' }),
    badSetting(/TTX_LOG_JSON to be true or false, got "perhaps" from \.env/, {
      setting: 'logJson',
      source: '.env',
      value: 'perhaps',
    }),
  )
})

test('a wrong secret is told without it', () => {
  assert.throws(
    () => loadSettings({ passphrase: ['hunter2'] }, {}, {}),
    badSetting(/^(?!.*hunter2).*TTX_PASSPHRASE.*not shown/, { setting: 'passphrase', source: 'the command line' }),
  )
})

test('whatever variable the sources name is a setting', () => {
  const sources = readSources(fileURLToPath(new URL('../../../', import.meta.url)))
  const named = sources
    .filter(({ path }) => /^(node|miner|scripts)\/.*\.ts$/.test(path))
    .flatMap(({ text }) => text.match(/\bTTX_[A-Z_]*[A-Z]\b/g) ?? [])
  assert.ok(named.includes('TTX_PASSPHRASE'))
  const known = new Set<string>(SETTING_KEYS.map((key) => settingInfo(key).env))
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  )
})

test('a URL is never shown, since it may hold a password or a key, whether it is wrong alone or beside a right one', () => {
  for (const setting of ['ethereum', 'node', 'trackers'])
    for (const wrong of ['me:hunter2@10.0.0.1:1/KEY9', 'http//hunter2/KEY9', 'http://a b:hunter2@x/KEY9,KEY9'])
      assert.throws(
        () => loadSettings({}, {}, { [settingInfo(setting as 'node').env]: wrong }),
        badSetting(/^(?!.*(hunter2|KEY9)).*(URL|http).*not shown.*\.env/, { setting, source: '.env' }),
      )
})

test('an address with a wrong EIP-55 sum is refused as one that was mistyped, blanks around a right one are not', () => {
  const right = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359'
  assert.equal(loadSettings({ payout: ` ${right} ` }, {}, {}).payout, right.toLowerCase())
  assert.deepEqual(loadSettings({ assets: ` ${right}, ${right.slice(2)}` }, {}, {}).assets, [
    right.toLowerCase(),
    right.slice(2).toLowerCase(),
  ])
  assert.throws(() => loadSettings({ assets: right.replace('fB', 'FB') }, {}, {}), { code: 'bad-setting' })
  assert.throws(() => loadSettings({ payout: right.replace('fB', 'FB') }, {}, {}), {
    code: 'bad-setting',
    message: /EIP-55/,
  })
})

test('.env is read from the working folder, may be missing, and slips of the pen in it are found', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-settings-'))
  try {
    assert.deepEqual(readDotenv(folder), {})
    await writeFile(join(folder, '.env'), 'TTX_WALLET=alice # mine\nTTX_PASPHRASE="a b"\nOTHER=1\n')
    const dotenv = readDotenv(folder)
    assert.deepEqual(dotenv, { TTX_WALLET: 'alice', TTX_PASPHRASE: 'a b', OTHER: '1' })
    assert.deepEqual(unknownSettings(dotenv), ['TTX_PASPHRASE'])
    await rm(join(folder, '.env'))
    await mkdir(join(folder, '.env'))
    assert.throws(
      () => readDotenv(folder),
      badSetting(/expected to read .*\.env, got .*EISDIR/, { file: join(folder, '.env') }),
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('alarms go to a URL of http or https, or to a command that needs no shell; what is refused is not shown', () => {
  for (const onAlarm of ['https://a.example.org/x?key=1', 'http://127.0.0.1:9', '/bin/page-me --urgent now', 'notify'])
    assert.equal(loadSettings({ onAlarm }, {}, {}).onAlarm, onAlarm)
  const wrong = [
    'ftp://secret.example.org',
    'https://',
    'https:// secret',
    "sh -c 'secret'",
    'cat | secret',
    '$secret',
    '',
  ]
  for (const onAlarm of [...wrong, '--secret']) {
    assert.throws(
      () => loadSettings({ onAlarm }, {}, {}),
      (error: Error) =>
        /^expected --on-alarm or TTX_ON_ALARM to be a URL/.test(error.message) && !/secret/.test(error.message),
      onAlarm,
    )
  }
})

test('metrics are off, or at a port of this machine unless a host is named', () => {
  const of = (metrics: string) => loadSettings({ metrics }, {}, {}).metrics
  assert.equal(loadSettings({}, {}, {}).metrics, undefined)
  assert.equal(of('off'), undefined)
  assert.deepEqual(of('9765'), { host: '127.0.0.1', port: 9_765 })
  assert.deepEqual(of('0'), { host: '127.0.0.1', port: 0 })
  assert.deepEqual(of('0.0.0.0:9765'), { host: '0.0.0.0', port: 9_765 })
  assert.deepEqual(of('[::1]:9765'), { host: '::1', port: 9_765 })
  for (const metrics of ['on', '65536', '-1', ':9765', '::1:9765', '0.0.0.0', 'host:', '1.5', 'a b:1'])
    assert.throws(
      () => loadSettings({ metrics }, {}, {}),
      badSetting(/off, a port from 0 to 65535, or host:port/, {
        setting: 'metrics',
        source: 'the command line',
        value: metrics,
      }),
      metrics,
    )
})

test('.env.example is what the schema writes: run `npx node scripts/make/env-example.ts > .env.example` after a change', async () => {
  assert.equal(await readFile(ENV_EXAMPLE, 'utf8'), formatEnvExample())
})

test('.env.example has exactly the keys of the schema, and its examples are valid settings', async () => {
  const text = await readFile(ENV_EXAMPLE, 'utf8')
  const variables = parse(text.replace(/^# (?=TTX_)/gm, ''))
  assert.deepEqual(
    Object.keys(variables),
    SETTING_KEYS.map((key) => settingInfo(key).env),
  )
  loadSettings({}, {}, variables)
})

test('a flag is named as its setting, secrets have none, and every global setting is a flag', () => {
  for (const key of SETTING_KEYS) {
    const { flag, secret } = settingInfo(key)
    assert.equal(flag === undefined, secret === true)
    if (flag !== undefined) assert.equal(new Command().option(flag).options[0]?.attributeName(), key)
  }
  for (const key of GLOBAL_SETTINGS) assert.notEqual(settingInfo(key).flag, undefined)
})
