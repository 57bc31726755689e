// ttx status and the worst case: wrong blocks that contain the money, rivals that can come, rivals that are there.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { readAllBlocks } from '../../../../node/client/all-blocks.ts'
import { publishCall } from '../../../../node/ethereum/calls.ts'
import { type Hash, toHash } from '../../../../node/protocol/ids.ts'
import { describeProblem } from '../../../../node/protocol/problems.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { pay } from '../../../../scripts/assure/models/world.ts'
import { describeFinalTime } from '../../../../scripts/cli/final-words.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { openJudged } from '../../../support/judged.ts'
import { type Forged, forge, seal } from '../../../support/miner/forge.ts'
import { holder, Stage, stranger } from '../../../support/stage.ts'

type FinalTime = Parameters<typeof describeFinalTime>[0]

const HOUR = 3_600

test('status says when a request is payable, at the latest when, and because of what', async (t) => {
  const stage = await Stage.open(t)
  const { node, sender, rules, miner, genesis, root, target, prev } = await openJudged(stage)
  const bridge = { chain: rules.chain, to: stranger('alice') }
  const request = pay(holder, { to: rules.bridge, tokens: 10n ** 18n, time: 1, prev, bridge }, rules)
  await node.call('tx_submit', { file: request.file })

  const folder = await stage.folder()
  const common = ['--data', join(folder, 'data'), '--node', node.url]
  const status = async () => {
    const [json, text] = [fakeShell({ folder }), fakeShell({ folder })]
    assert.equal(await runCli(['status', request.infohash, '--json', ...common], json), 0, json.out() + json.err())
    assert.equal(await runCli(['status', request.infohash, ...common], text), 0)
    return { data: JSON.parse(json.out()), text: text.out() }
  }
  const publish = async (block: Forged, rival: boolean, from = sender) => {
    const beside = rival ? await stage.latestChild() : undefined
    await from.send(publishCall(root, block, beside))
    await stage.until('the node to judge it', async () => {
      const { status: bridgeStatus, blocks } = await readAllBlocks(node)
      return bridgeStatus.state === 'live' && blocks.some(({ id }) => id === block.next.id)
    })
    const { publishedAt } = await node.call('bridge_block', { id: block.next.id })
    return publishedAt
  }

  const step = { kind: 'transaction', packed: request.packed } as const
  const wrong = seal(rules, genesis, [{ step: encodeStep(step), after: genesis.state }], target, miner)
  await publish(wrong, false)
  const lost = await status()
  assert.equal(lost.data.status, 'accepted')
  assert.partialDeepStrictEqual(lost.data.elsewhere, [
    { block: wrong.next.id, step: 0, verdict: 'invalid', problem: describeProblem(0, 'WrongState') },
  ])
  assert.match(
    lost.text,
    /^also in +block 0x[0-9a-f]{64}, but this block is wrong \(step 0: WrongState, [^)]+\) and will die$/m,
  )
  assert.doesNotMatch(lost.text, /^payable/m)

  const right = forge(rules, genesis, [step], target, miner)
  const first = await publish(right, true)
  const alone = await status()
  assert.deepEqual(
    [alone.data.status, alone.data.bridging.payableAt, alone.data.bridging.payableAtLatest],
    ['ordered', first + 24 * HOUR, first + 48 * HOUR],
  )
  const time = alone.data.bridging.finalTime
  assert.deepEqual([time.reason, time.rivalUntil, time.wrong], ['rival-possible', first + 12 * HOUR, [wrong.next.id]])
  assert.match(alone.text, /^payable +20.* UTC \(in .*\) at the earliest$/m)
  assert.match(
    alone.text,
    /^latest +20.* because a rival block can come until 20.*, and a race is decided 48 hours after/m,
  )
  assert.match(alone.text, /^wrong +block 0x[0-9a-f]{64} is in its way, is wrong, and will die by a proof$/m)

  await stage.skip(60n)
  const racer = stage.sender(await stage.signer())
  const rival = forge(rules, genesis, [step], target, racer.ethereum.account)
  await publish(rival, true, racer)
  const raced = await status()
  // Of equal work the earlier one leads.
  const { finalTime } = raced.data.bridging
  assert.deepEqual([raced.data.bridging.block, finalTime.reason], [right.next.id, 'race'])
  assert.deepEqual(finalTime.rivals, [rival.next.id])
  assert.deepEqual(
    [finalTime.earliest, finalTime.latest, finalTime.first],
    [first + 48 * HOUR, first + 48 * HOUR, first],
  )
  assert.match(
    raced.text,
    /^payable +20.*, not later, because a rival branch exists \(block 0x[0-9a-f]{64}\): the race is/m,
  )
  assert.match(raced.text, /^also in +block 0x[0-9a-f]{64}, which is right, but another branch leads$/m)
  assert.deepEqual(
    raced.data.elsewhere
      .map(({ block, verdict }: Result<'tx_where'>['elsewhere'][number]) => [block, verdict])
      .toSorted(),
    [
      [rival.next.id, 'valid'],
      [wrong.next.id, 'invalid'],
    ].toSorted(),
  )
})

test('each reason is a sentence, and a block below that decides is named', () => {
  const [own, other] = [toHash(new Uint8Array(32).fill(1)), toHash(new Uint8Array(32).fill(2))]
  const none: Hash[] = []
  const rest = { unjudged: none, unnamed: 0 }
  const base = { earliest: 1_000, latest: 2_000, decisive: own, first: 0, rivals: [other], wrong: none, ...rest }
  const words = (changed: Partial<FinalTime> & Pick<FinalTime, 'reason'>) =>
    describeFinalTime({ ...base, ...changed }, 'final', own, 0).map((row) => row.join(' '))
  assert.match(
    words({ reason: 'nomination' })[1] ?? '',
    /^latest .*because a rival branch exists .*nominated yet.* 1 h$/,
  )
  assert.match(words({ reason: 'race' })[1] ?? '', /decided 48 hours after its first block$/)
  assert.match(
    words({ reason: 'wrong-sibling', wrong: [other] })[1] ?? '',
    /a wrong block is beside it, and has to be refuted/,
  )
  assert.match(
    words({ reason: 'wrong-sibling', wrong: [other] })[2] ?? '',
    new RegExp(`^wrong block ${other} is in its way`),
  )
  const unjudged = words({ reason: 'unjudged-sibling', unjudged: [other], unnamed: 3 })
  assert.match(unjudged[1] ?? '', /^latest .*a block is beside it that this node cannot judge: if it is right/)
  assert.match(unjudged[2] ?? '', new RegExp(`^not judged block ${other} is in its way`))
  assert.match(unjudged[3] ?? '', /^and 3 more blocks beside it/)
  assert.match(words({ reason: 'unjudged-sibling', latest: 1_000 })[0] ?? '', /whatever becomes of the block beside it/)
  assert.match(
    words({ reason: 'alone', latest: 1_000 })[0] ?? '',
    /^final 1970.*, not later, since no rival can come any more$/,
  )
  assert.match(
    words({ reason: 'race', latest: 1_000, decisive: other })[0] ?? '',
    /which its block builds on, decides this\)$/,
  )
  assert.match(words({ reason: 'nomination', latest: 1_000 })[0] ?? '', /a nomination has to stand for 1 h$/)
  for (const reason of ['alone', 'race'] as const)
    assert.match(words({ reason }).at(-1) ?? '', /^provided that wrong blocks are refuted/)
})
