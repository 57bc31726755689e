// ttx block list and show: heights in order with wrong blocks among them, when, by whom, how much money, and in 100 columns.

import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { describeProblem, PROBLEM_WORDS, PROBLEMS } from '../../../../node/protocol/problems.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { describeMoney, describeState } from '../../../../scripts/cli/block-words.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { serve } from '../../../support/rpc/serve.ts'

type Block = Result<'bridge_blocks'>['blocks'][number]

const [example] = EXAMPLES.bridge_blocks.result.blocks
assert(example)
const { finalizableAt: _, finalizableAtLatest: _latest, finalTime: _time, ...plain } = example
const { status } = EXAMPLES.bridge_blocks.result
const NOW = plain.publishedAt + 3_600

function block(height: bigint, name: string, chosen: Partial<Block> = {}): Block {
  return { ...plain, height, id: `0x${name.repeat(64)}` as Hash, ...chosen }
}

const wrong = (step: number): Partial<Block> => ({
  ...{ verdict: 'invalid', refuted: true, preferred: false, problem: describeProblem(step, 'MissingInput') },
  wrong: { step, code: 'MissingInput', loss: PROBLEM_WORDS.MissingInput.loss },
})

test('blocks are in the order of their heights, and a refuted one is at its own, with its reason', async (t) => {
  const blocks = [
    block(20n, 'a', { final: true }),
    block(21n, 'b', { finalizableAt: NOW + 7_200 }),
    block(22n, 'c', { finalizableAt: NOW + 7_300 }),
    block(21n, 'd', wrong(0)),
    block(22n, 'e', { preferred: false }),
  ]
  const { data, out, asked } = await list(t, blocks)
  assert.deepEqual(
    data.blocks.map(({ id }: Block) => id[2]),
    ['a', 'b', 'd', 'c', 'e'],
  )
  assert.deepEqual(asked, ['bridge_blocks'])
  const lines = out.split('\n')
  assert.deepEqual(
    lines.flatMap((line) => /^(\d+) +0x([0-9a-f])\2{63} {2}(.*)$/.exec(line)?.slice(1) ?? []),
    ['20', 'a', 'final', '21', 'b', 'valid', '21', 'd', 'refuted', '22', 'c', 'valid', '22', 'e', 'valid, behind'],
  )
  assert.match(out, /^ {8}2026-\S+ \d\d:\d\d +0x[0-9a-f]{4}\.\.[0-9a-f]{4} +3 +1 +\S+ +\S+ +\S+$/m)
  assert.match(out, /^ {8}step 0: MissingInput, it spends an output/m)
  assert.match(out, /^ {8}can be final in 2 h, 20/m)
  assert.match(out, /^ {8}another branch is preferred$/m)
  for (const line of lines) assert.ok(line.length <= 100, line)
})

test('whatever is wrong and however large the amounts, a line has at most 100 columns', async (t) => {
  const most = 10n ** 27n
  const money = { requested: most + 1n, deposited: most - 1n, fee: most / 100n, requests: 500, steps: 3_500 }
  const blocks = PROBLEMS.map((code, i) =>
    block(BigInt(i) + 999_000n, 'f', { ...wrong(3_499), ...money, problem: describeProblem(3_499, code) }),
  )
  const { out } = await list(t, blocks)
  for (const line of out.split('\n')) assert.ok(line.length <= 100, line)
})

test('older ones are asked for from a height on, or all of them', async (t) => {
  const { asked } = await list(t, [block(3n, 'a')], '--from', '3')
  const all = await list(t, [block(0n, 'a')], '--all')
  assert.deepEqual([asked, all.asked], [['bridge_history from 3'], ['bridge_history from 0']])
  const shell = fakeShell({ folder: tmpdir() })
  assert.equal(await runCli(['block', 'list', '--from', '-1'], shell), 2)
  assert.match(shell.err(), /the height of a block/)
})

test('what a block moves is said, and that it is not known', () => {
  const money = { requested: 5n * 10n ** 17n, deposited: 2n * 10n ** 18n, fee: 25n * 10n ** 15n }
  assert.equal(
    describeMoney(block(1n, 'a', { ...money, queueFees: 300_000n })),
    'asks for 0.5 TTX on Ethereum, brings 2 wTTX back; its miner earns 0.025 wTTX and 0.0003 ETH of it',
  )
  const { requested: _requested, deposited: _deposited, ...unknown } = block(1n, 'a')
  for (const dead of [{ refuted: true }, { verdict: 'invalid' }, { verdict: 'displaced' }] as const)
    assert.match(describeMoney({ ...block(1n, 'a', money), ...dead }), /its miner would have earned /)
  assert.match(describeMoney(unknown), /^moves an amount that is not known/)
})

test('each verdict of a block is a sentence', () => {
  const said = (chosen: Partial<Block>) => describeState(block(1n, 'a', chosen), NOW)
  assert.equal(said({ final: true }), 'final')
  assert.equal(said({ preferred: true }), 'valid')
  assert.equal(said({ verdict: 'invalid', problem: 'why' }), 'INVALID: why')
  assert.equal(said({ verdict: 'displaced', problem: 'why' }), 'displaced: why')
  assert.equal(said({ verdict: 'unknown', problem: 'why' }), 'not judged: why')
  assert.match(said({ refuted: true }), /^refuted: this node finds it right/)
  assert.match(said({ finalizableAt: NOW - 60 }), /^valid: can be final since 20.* \(1 min ago\)$/)
})

async function list(t: TestContext, blocks: readonly Block[], ...flags: readonly string[]) {
  const asked: string[] = []
  const answer = { status: { ...status, ethereumTime: NOW }, blocks: [...blocks] }
  const url = await serve(t, {
    node_info: async () => EXAMPLES.node_info.result,
    bridge_blocks: async () => {
      asked.push('bridge_blocks')
      return answer
    },
    bridge_history: async ({ from }) => {
      asked.push(`bridge_history from ${from}`)
      return answer
    },
  })
  const run = async (...more: readonly string[]) => {
    const shell = fakeShell({ folder: tmpdir() })
    const data = ['--data', '/nowhere/ttx', '--node', url, '--log-level', 'silent']
    assert.equal(await runCli(['block', 'list', ...flags, ...more, ...data], shell), 0, shell.err())
    return shell.out()
  }
  const data = JSON.parse(await run('--json'))
  const before = [...asked]
  return { data, out: await run(), asked: before }
}
