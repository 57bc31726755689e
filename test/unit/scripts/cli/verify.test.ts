// ttx verify without an endpoint of its own: a node that does not trust its own view gives no verdict, whatever it says of the block.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { serve } from '../../../support/rpc/serve.ts'

type Bridge = Result<'node_info'>['bridge']

const { result: block } = EXAMPLES.bridge_block

test('a block is unknown, and never right or wrong, at a node that is not live, and it is said why', async (t) => {
  const states: readonly (readonly [Partial<Bridge>, RegExp])[] = [
    [{ state: 'off' }, /does not follow Ethereum: start it with --ethereum URL/],
    [{ state: 'syncing' }, /has not read all of the bridge yet/],
    [{ state: 'unknown', problem: 'two endpoints differ' }, /does not trust its own view.*two endpoints differ/],
    [{ state: 'dead' }, /the bridge is dead/],
  ]
  for (const [bridge, why] of states) {
    const { exitCode, data, asked } = await verify(t, bridge)
    assert.deepEqual([exitCode, data.verdict, data.block], [0, 'unknown', block.id], `${bridge.state}`)
    assert.match(data.why, why)
    assert.deepEqual(asked, ['bridge_block'], 'nothing that such a node serves is replayed')
  }
})

test('at a node that is live it is judged, and a block that nobody knows is a failure', async (t) => {
  const live = await verify(t, { state: 'live' })
  assert.deepEqual([live.exitCode, live.asked.includes('bridge_block, of its parent')], [0, true])
  const { exitCode, data } = await verify(t, { state: 'syncing' }, `0x${'9'.repeat(64)}`)
  assert.deepEqual([exitCode, data.error.code], [1, 'unknown-block'])
})

async function verify(t: TestContext, bridge: Partial<Bridge>, id: string = block.id) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-verify-'))
  t.after(() => rm(folder, { recursive: true }))
  const asked: string[] = []
  const url = await serve(t, {
    node_info: async () => ({
      ...EXAMPLES.node_info.result,
      bridge: { ...EXAMPLES.node_info.result.bridge, ...bridge },
    }),
    bridge_block: async ({ id: wanted }) => {
      asked.push(wanted === block.parent ? 'bridge_block, of its parent' : 'bridge_block')
      if (wanted === block.id) return block
      throw new OperationError('unknown-block', 'nobody has seen it', { facts: { block: wanted } })
    },
    bridge_files: async () => {
      throw new OperationError('files-unknown', 'not replayed', { facts: { block: block.id } })
    },
  })
  const shell = fakeShell({ folder })
  const exitCode = await runCli(
    ['verify', id, '--json', '--data', folder, '--node', url, '--log-level', 'silent'],
    shell,
  )
  return { exitCode, data: JSON.parse(shell.out()), asked }
}
