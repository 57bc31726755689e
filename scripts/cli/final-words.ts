// When something becomes final or payable, in words: the earliest and the latest time, and what decides them.

import type { Hash } from '../../node/protocol/ids.ts'
import { NOMINATION_SECONDS, RACE_SECONDS } from '../../node/protocol/rules.ts'
import type { Result as RpcResult } from '../../node/rpc/api.ts'
import { formatMoment, formatSpan } from './time.ts'

type FinalTime = NonNullable<RpcResult<'bridge_block'>['finalTime']>

const race = `decided ${RACE_SECONDS / 3_600n} hours after its first block`

/** Rows for people: when `what` (payable, final) is true of block `own` or of what is in it; `now` is Ethereum's time. */
export function describeFinalTime(time: FinalTime, what: string, own: Hash, now: number): [string, string][] {
  const { earliest, latest, decisive, wrong, unjudged, unnamed } = time
  const whose = decisive === own ? '' : ` (block ${decisive}, which its block builds on, decides this)`
  const rows: [string, string][] =
    earliest <= now
      ? dueRows(time, what, whose, now)
      : earliest === latest
        ? [[what, `${formatMoment(earliest, now)}, not later, ${describeCertainty(time)}${whose}`]]
        : [
            [what, `${formatMoment(earliest, now)} at the earliest`],
            ['latest', `${formatMoment(latest, now)}, because ${describeDoubt(time, now)}${whose}`],
          ]
  for (const block of wrong) rows.push(['wrong', `block ${block} is in its way, is wrong, and will die by a proof`])
  for (const block of unjudged) rows.push(['not judged', `block ${block} is in its way, and this node cannot judge it`])
  if (unnamed > 0) rows.push(['and', `${unnamed} more blocks beside it that are not named here`])
  rows.push([
    'provided',
    'that wrong blocks are refuted within a day, the heaviest branch is nominated within an hour, and no heavier one displaces this block',
  ])
  return rows
}

/** Nobody has to wait any longer, but somebody has to do it: a time would go on with the clock until then. */
function dueRows(time: FinalTime, what: string, whose: string, now: number): [string, string][] {
  const due: [string, string] = [what, `as soon as somebody finalizes its block, which anyone may do now, as miners do`]
  if (time.latest <= now) return [due]
  return [due, ['latest', `${formatMoment(time.latest, now)}, because ${describeDoubt(time, now)}${whose}`]]
}

/** Why the latest time is the earliest. */
function describeCertainty({ reason, rivals }: FinalTime): string {
  switch (reason) {
    case 'alone':
    case 'rival-possible':
      return 'since no rival can come any more'
    case 'wrong-sibling':
      return 'if the wrong block beside it is refuted by then'
    case 'unjudged-sibling':
      return 'whatever becomes of the block beside it, which this node cannot judge'
    case 'race':
      return `because a rival branch exists (${list(rivals)}): the race is ${race}`
    case 'nomination':
      return `because a rival branch exists (${list(rivals)}), and a nomination has to stand for ${formatSpan(Number(NOMINATION_SECONDS))}`
  }
}

function describeDoubt({ reason, rivals, rivalUntil = 0 }: FinalTime, now: number): string {
  switch (reason) {
    case 'alone':
      return 'it waits for its day'
    case 'rival-possible':
      return `a rival block can come until ${formatMoment(rivalUntil, now)}, and a race is ${race}`
    case 'wrong-sibling':
      return 'a wrong block is beside it, and has to be refuted first'
    case 'unjudged-sibling':
      return `a block is beside it that this node cannot judge: if it is right, there is a race, which is ${race}`
    case 'race':
      return `a rival branch exists (${list(rivals)}): the race is ${race}`
    case 'nomination':
      return `a rival branch exists (${list(rivals)}), and the heaviest has to be nominated yet, and to stand for ${formatSpan(Number(NOMINATION_SECONDS))}`
  }
}

function list(blocks: readonly Hash[]): string {
  return `${blocks.length > 1 ? 'blocks' : 'block'} ${blocks.join(', ')}`
}
