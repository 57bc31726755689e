// What a data folder says of its node: kept as flags are written, found by every command beside it, and told where it is damaged.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createContext } from '../../../scripts/cli/context.ts'
import { runCli } from '../../../scripts/cli/program.ts'
import { writeEndpoints } from '../../../scripts/endpoints.ts'
import { takeLock } from '../../../scripts/lock.ts'
import {
  NODE_SETTINGS,
  readNodeSettings,
  updateNodeSettings,
  writeNodeSettings,
} from '../../../scripts/node-settings.ts'
import { loadSettings, settingInfo } from '../../../scripts/settings.ts'
import { fakeShell } from '../../support/fake-shell.ts'

async function folderOf(t: TestContext): Promise<string> {
  const above = await mkdtemp(join(tmpdir(), 'ttx-node-settings-'))
  t.after(() => rm(above, { recursive: true, force: true }))
  return join(above, 'data')
}

test('every setting of a node that is not the default is kept, and read as it was', async (t) => {
  const data = await folderOf(t)
  const other: Record<string, string> = { rpcPort: '7750', listenPort: '7751', encryption: 'required' }
  const flags = Object.fromEntries(NODE_SETTINGS.map((key) => [key, other[key] ?? settingInfo(key).example]))
  const settings = loadSettings({ ...flags, data }, {}, {})
  await writeNodeSettings(settings)
  assert.deepEqual(loadSettings({ data }, {}, {}, readNodeSettings), { ...settings, node: 'http://127.0.0.1:7750' })
  const { mode } = await stat(join(data, 'node.json'))
  assert.equal(mode & 0o777, 0o600, 'a URL of an endpoint may hold a key')
})

test('what is the default is not kept, so that a later version may choose another one', async (t) => {
  const data = await folderOf(t)
  await writeNodeSettings(loadSettings({ data, ethereum: 'http://a:1', listenPort: '7651' }, {}, {}))
  assert.deepEqual(readNodeSettings(data), { node: 'http://127.0.0.1:7650', ethereum: 'http://a:1' })
})

test('a file within the folder is found where the folder has gone', async (t) => {
  const data = await folderOf(t)
  await writeNodeSettings(loadSettings({ data, deployment: join(data, 'network.json') }, {}, {}))
  await rename(data, `${data}-moved`)
  assert.equal(readNodeSettings(`${data}-moved`).deployment, join(`${data}-moved`, 'network.json'))
})

test('a node that has started says where it is, and leaves the rest as it was', async (t) => {
  const data = await folderOf(t)
  await writeNodeSettings(loadSettings({ data, ethereum: 'http://a:1', peers: '192.0.2.7:7651' }, {}, {}))
  const settings = loadSettings({ data, ethereum: 'http://b:2', rpcPort: '0' }, {}, {}, readNodeSettings)
  await updateNodeSettings(settings, 'http://0.0.0.0:40123')
  assert.deepEqual(readNodeSettings(data), {
    ...{ node: 'http://127.0.0.1:40123', ethereum: 'http://b:2', peers: '192.0.2.7:7651' },
  })
  await updateNodeSettings({ ...settings, ethereum: [] }, 'http://[::]:40123')
  assert.deepEqual(readNodeSettings(data), { node: 'http://[::1]:40123', peers: '192.0.2.7:7651' })
})

test('a devnet says itself where it is: its node keeps nothing, and what another one kept does not count', async (t) => {
  const data = await folderOf(t)
  await writeNodeSettings(loadSettings({ data, rpcPort: '1' }, {}, {}))
  await using _lock = await takeLock(data, 'devnet')
  await updateNodeSettings(loadSettings({ data }, {}, {}), 'http://127.0.0.1:2')
  assert.equal(readNodeSettings(data).node, 'http://127.0.0.1:1')
  await writeEndpoints(data, {
    ...{ node: 'http://127.0.0.1:3', ethereum: 'http://127.0.0.1:4', deployment: '/d.json', passphraseFile: '/p' },
    processes: {},
  })
  await using resources = new AsyncDisposableStack()
  const { settings } = createContext(fakeShell({ folder: data }), { data }, resources)
  assert.equal(settings.node, 'http://127.0.0.1:3')
})

test('a file that is damaged, or says what cannot be, is named', async (t) => {
  const data = await folderOf(t)
  await mkdir(data)
  const file = join(data, 'node.json')
  const fail = async () => {
    const shell = fakeShell({ folder: data })
    const exitCode = await runCli(['wallet', 'list', '--data', data, '--json'], shell)
    const { error } = JSON.parse(shell.out())
    assert.deepEqual([exitCode, error.code], [2, 'bad-setting'])
    return String(error.message)
  }
  for (const text of ['{', '[]', '{"wallet":"alice"}', '{"rpcPort":7650}']) {
    await writeFile(file, text)
    assert.ok((await fail()).includes(`expected the settings of a node in ${file}`), text)
  }
  await writeFile(file, '{"listenPort":"many"}')
  assert.match(
    await fail(),
    /^expected --listen-port or TTX_LISTEN_PORT to be a whole number .*got "many" from the data folder /,
  )
  for (const text of ['{"ethereum":"ftp://user:secret@host"}', '{"ethereum":secret}']) {
    await writeFile(file, text)
    assert.doesNotMatch(await fail(), /secret/)
  }
})
