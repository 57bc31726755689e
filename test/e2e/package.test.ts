// The npm package, as somebody installs it: the program runs from JavaScript alone, with its page, and others build on the typed client and the protocol.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { build } from 'esbuild'
import packageJson from '../../package.json' with { type: 'json' }
import { makePackage } from '../../scripts/make/package.ts'
import { devnetPorts, Running } from '../support/processes/processes.ts'

const root = new URL('../..', import.meta.url).pathname.replace(/\/$/, '')
const folder = await mkdtemp(join(tmpdir(), 'ttx-package-'))
const app = join(folder, 'app')
const modules = join(app, 'node_modules')
const installed = join(modules, 'torrenttx')
const program = join(installed, 'scripts', 'ttx.mjs')
after(() => rm(folder, { recursive: true, force: true }))

/** What depends on the package: a script that reads a node, in TypeScript. */
const EXAMPLE = `import { createNodeClient } from 'torrenttx/client/rpc'
import { formatAmount } from 'torrenttx/client/amount'
import { pay, type Signer } from 'torrenttx/client/pay'
import { parseAddress } from 'torrenttx/protocol/ids'
import { OperationError } from 'torrenttx/errors'

const node = createNodeClient('NODE')
const owner = parseAddress('0x90f79bf6eb2c4f870365e785982e1f101e93b906')
const { spendable } = await node.call('account_balance', { owner })
const broke: Signer = { address: owner, sign: () => new Uint8Array(65) }
const refused = await pay(node, broke, { to: owner, tokens: 1n }, 0).catch((error: unknown) => error)
console.log(formatAmount(spendable), refused instanceof OperationError && refused.code)
`

before(async () => {
  await mkdir(modules, { recursive: true })
  await makePackage(root, installed)
  // Nothing is fetched: what the package needs is what this clone has.
  for (const name of await readdir(join(root, 'node_modules')))
    if (!name.startsWith('.')) await symlink(join(root, 'node_modules', name), join(modules, name))
  await writeFile(join(app, 'package.json'), '{"type":"module"}')
})

test('it has no TypeScript but declarations, nothing of the clone, and names each package that it imports', async () => {
  const files = await readdir(installed, { recursive: true })
  assert.deepEqual(
    files.filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts')),
    [],
  )
  assert.deepEqual(
    files.filter((path) => /^(test|contracts|scripts\/(assure|bench|make))\b/.test(path)),
    [],
  )
  const { dependencies, bin, version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
  assert.deepEqual([bin.ttx, version], ['scripts/ttx.mjs', packageJson.version])
  const names = new Set<string>()
  for (const path of files.filter((each) => each.endsWith('.js') && !each.startsWith('page/'))) {
    const text = await readFile(join(installed, path), 'utf8')
    for (const [, name = ''] of text.matchAll(/^(?:import|export)\b[^;'"]*?\bfrom\s*'([^'.#][^']*)'/gm))
      if (!name.startsWith('node:')) names.add(/^(@[^/]+\/[^/]+|[^/]+)/.exec(name)?.[0] ?? name)
  }
  assert.deepEqual(
    [...names].filter((name) => !(name in dependencies)),
    [],
  )
})

test('its program starts a whole network, pays, and its node has the page; a script of others reads it', async () => {
  const { base, flags } = await devnetPorts()
  const data = ['--data', join(folder, 'devnet')]
  const ttx = (...args: readonly string[]) => new Running(process.execPath, [program, ...args, ...data])
  assert.equal((await new Running(process.execPath, [program, '--version']).finished).out.trim(), packageJson.version)
  await using devnet = ttx('devnet', '--poll-ms', '600', '--block-seconds', '1', ...flags)
  await devnet.said(/It runs/)
  const { out, exitCode } = await ttx('bridge', '5', '--wallet', 'genesis', '--yes').finished
  assert.equal(exitCode, 0, out)
  assert.equal((await ttx('wait', 'genesis', '--until', 'ordered').finished).exitCode, 0)
  const page = await fetch(`http://127.0.0.1:${base}/`)
  assert.match(await page.text(), /<title>TorrentTX<\/title>/)
  const script = EXAMPLE.replace('NODE', `http://127.0.0.1:${base}`)
  await writeFile(join(app, 'example.ts'), script)
  const example = await new Running(process.execPath, [join(app, 'example.ts')]).finished
  assert.equal(example.out, '0 insufficient-funds\n', example.err)
  assert.equal((await devnet.stop()).exitCode, 0)
})

test('its types hold for those who build on it, and browsers can have the client', async () => {
  await writeFile(join(app, 'example.ts'), EXAMPLE)
  const options = { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, skipLibCheck: true, types: [] }
  const config = { compilerOptions: { ...options, lib: ['es2024', 'dom'] }, files: ['example.ts'] }
  await writeFile(join(app, 'tsconfig.json'), JSON.stringify(config))
  const compile = () => spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', app])
  const { status, stdout } = compile()
  assert.equal(status, 0, `${stdout}`)
  await writeFile(join(app, 'example.ts'), EXAMPLE.replace("'account_balance'", "'account_ballance'"))
  assert.match(`${compile().stdout}`, /account_ballance/)
  const { outputFiles, errors } = await build({
    stdin: { contents: EXAMPLE, loader: 'ts', resolveDir: app },
    ...{ bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'silent' },
  })
  assert.deepEqual(errors, [])
  // The bundler finds nothing of Node for a browser, so that whatever imports it would be an error.
  assert(!/\bfrom\s*"node:/.test(outputFiles[0]?.text ?? ''), 'nothing of Node')
})
